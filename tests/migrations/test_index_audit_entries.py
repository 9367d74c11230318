"""0039 on a database that is in use: every entry stays, the indexes come and go, and nothing can be changed."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from portal.core import audit
from portal.extensions import db
from tests.migrations.steps import down_below, rows, up_to

NAME = "0039_index_audit_entries"
NEW = {f"ix_audit_entries_{name}" for name in ("at", "person", "process", "kind", "reveals")}
OF_SUBJECT = "ix_audit_entries_subject"


@pytest.fixture
def populated(world, app):
    with app.app_context():
        with world.transaction():
            for number, by in enumerate((world.dana, audit.WORKER, world.paula), start=1):
                audit.record("asset", number, "reveal", by=by)
        down_below(NAME)
        yield world


def indexes() -> dict[str, list[str]]:
    return {each["name"]: each["column_names"] for each in inspect(db.engine).get_indexes("audit_entries")}


def test_up_and_down_keep_every_entry(populated):
    before = rows("audit_entries")
    assert len(before) >= 3
    assert not NEW & indexes().keys()
    assert indexes()[OF_SUBJECT] == ["subject", "subject_id", "id"]
    up_to(NAME)
    assert rows("audit_entries") == before
    assert NEW <= indexes().keys()
    assert indexes()[OF_SUBJECT] == ["subject", "subject_id", "id", "at"]
    with pytest.raises(DBAPIError, match="append-only"):
        _change()
    down_below(NAME)
    assert rows("audit_entries") == before
    assert not NEW & indexes().keys()


def _change() -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        connection.execute(text("UPDATE audit_entries SET why = 'Because'"))
