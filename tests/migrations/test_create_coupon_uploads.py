"""0040 on a database that is in use: uploads come and go, with their bytes; what was recorded stays."""

from datetime import UTC, datetime

from sqlalchemy import inspect

from portal.extensions import db
from tests.migrations import steps

NAME = "0040_create_coupon_uploads"
UPLOADS, PARTS = "coupon_uploads", "coupon_upload_parts"
KEPT = ("users", "accounts", "coupons")


def add_upload() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    at = at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at
    row = {"id": 1, "file_name": "coupons.csv", "size": 3, "sha256": "x", "signature": "x", "heads": []}
    more = {"mapping": {}, "choices": {}, "is_remembered": False, "preview": {}, "version": 1, "made_at": at}
    user_id = steps.rows("users")[0]["id"]
    steps.write(steps.table(UPLOADS).insert().values(**row, **more, made_by_id=user_id))
    steps.write(steps.table(PARTS).insert().values(upload_id=1, number=0, content=b"a,b"))


def test_uploads_come_and_go(in_use):
    steps.down_below(NAME)
    assert not {UPLOADS, PARTS} & set(inspect(db.engine).get_table_names())
    before = {name: steps.rows(name) for name in KEPT}
    steps.up_to(NAME)
    add_upload()
    assert steps.rows(PARTS)[0]["content"] == b"a,b"
    steps.down_below(NAME)
    assert {name: steps.rows(name) for name in KEPT} == before
