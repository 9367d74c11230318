"""0045 on a database that is in use: every entry stays, the indexes come and go, and nothing can be changed."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from portal.core import audit
from portal.extensions import db
from portal.models.audit import IS_OF_CODE
from tests.migrations.steps import down_below, rows, up_to

NAME = "0045_name_who_began"
NEW = {
    f"ix_audit_entries_{name}" for name in ("person_kind", "process_kind", "codes", "person_codes", "person_reveals")
}


@pytest.fixture
def populated(world, app):
    with app.app_context():
        with world.transaction():
            for number, by in enumerate((world.dana, audit.WORKER, audit.ForPerson(world.paula)), start=1):
                audit.record("asset", number, "sync", by=by)
        down_below(NAME)
        yield world


def indexes() -> set[str]:
    return {each["name"] for each in inspect(db.engine).get_indexes("audit_entries")}


def test_up_and_down_keep_every_entry(populated):
    before = rows("audit_entries")
    assert not NEW & indexes()
    up_to(NAME)
    assert [{**row, "via": None} for row in before] == rows("audit_entries")
    assert NEW <= indexes()
    with pytest.raises(DBAPIError, match="append-only"):
        _change()
    down_below(NAME)
    assert rows("audit_entries") == before
    assert not NEW & indexes()
    with pytest.raises(DBAPIError, match="append-only"):
        _change()


@pytest.mark.sqlite
def test_the_index_of_codes_is_of_the_rows_that_statements_name(world, app):
    with app.app_context():
        made = db.session.scalars(text("SELECT sql FROM sqlite_master WHERE name LIKE 'ix_audit_entries%codes'")).all()
    assert [str(IS_OF_CODE) in each for each in made] == [True, True]


def _change() -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        connection.execute(text("UPDATE audit_entries SET why = 'Because'"))
