"""0023 while a worker has requests to carry out: the way back drops only those that the version before cannot read."""

from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from portal.extensions import db
from portal.models import JobKind, RequestKind, User
from portal.services import vendor_requests
from tests.settings import ROOT

BEFORE, AFTER = "0022_publish_products", "0023_ask_for_definition"
FOLDER = str(ROOT / "migrations")


def rows(query: str) -> list[tuple]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_down_and_up_keep_the_other_requests(world, app):
    with app.app_context():
        by = db.session.get(User, world.dora.id)
        for kind in (RequestKind.CONNECT, RequestKind.READ_DEFINITION):
            vendor_requests.create_request(kind, by=by, values={}, form={})
        db.session.close()
        jobs = f"SELECT count(*) FROM work_items WHERE kind = '{JobKind.REQUEST.value}'"
        assert rows(jobs) == [(2,)]
        downgrade(directory=FOLDER, revision=BEFORE)
        assert rows("SELECT kind FROM vendor_requests") == [("connect",)]
        assert rows(jobs) == [(1,)]
        upgrade(directory=FOLDER, revision=AFTER)
        vendor_requests.create_request(RequestKind.READ_DEFINITION, by=by, values={}, form={})
        assert rows("SELECT kind FROM vendor_requests ORDER BY id") == [("connect",), ("read definition",)]
