"""0027 while a worker has requests to carry out, and with a stored password."""

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import RequestKind, User
from portal.services import vendor_requests
from tests.migrations.steps import down_below, down_to, rows, up_to, write

REVISION = "0027_store_credentials"
KINDS = (RequestKind.CONNECT, RequestKind.TEST_CONNECTION, RequestKind.SAVE_CONNECTION)


def test_down_and_up_keep_the_rest(in_use):
    by = db.session.query(User).first()
    for kind in KINDS:
        vendor_requests.create_request(kind, by=by, values={}, form={})
    with transaction():
        db.session.connection().exec_driver_sql("UPDATE bittitan_connection SET sends = 7")
    db.session.close()
    down_to(REVISION)
    (before,) = rows("bittitan_connection")
    write(
        "INSERT INTO stored_secrets (name, key_version, sealed, stored_at, stored_by) "
        "VALUES ('bittitan password', 1, :sealed, '2027-01-01 00:00:00.000000', 'Alexis')",
        sealed=b"x",
    )
    down_below(REVISION)
    assert [row["kind"] for row in rows("vendor_requests")] == ["connect"]
    assert [row["kind"] for row in rows("work_items") if row["kind"] == "request"] == ["request"]
    assert "settings_version" not in rows("bittitan_connection")[0]

    up_to(REVISION)
    (row,) = rows("bittitan_connection")
    assert dict(row) == dict(before)
    assert (row["settings_version"], row["server_url"], rows("stored_secrets")) == (0, None, [])
    vendor_requests.create_request(RequestKind.SAVE_CONNECTION, by=by, values={}, form={})
