"""What proves that nothing changed sees each change, by whatever connection."""

import pytest
from sqlalchemy import text

from portal.extensions import db
from tests import dump

RENAME = text("UPDATE accounts SET name = 'Renamed' WHERE id = :id")


def changes(before, app) -> list[str]:
    return dump.difference(before, dump.dump(app))


def test_each_commit_is_seen_and_what_is_taken_back_is_not(app, world):
    before, account_id = dump.dump(app), world.customer.id
    assert changes(before, app) == []
    with world.transaction():  # by the one connection that there is
        db.session.execute(RENAME, {"id": world.direct_customer.id})
    assert any("Renamed" in line for line in changes(before, app))
    before = dump.dump(app)
    with app.app_context():
        with db.engine.connect() as first, db.engine.connect() as second:
            first.execute(RENAME, {"id": account_id})
            if db.engine.name == "postgresql":  # SQLite has one writer at a time
                second.execute(RENAME, {"id": world.rival.id})
                second.commit()
            assert any("Renamed" in line for line in changes(before, app)) is (db.engine.name == "postgresql")
            now = dump.dump(app)
            first.commit()
            assert any("Renamed" in line for line in changes(now, app))
            now = dump.dump(app)
            first.execute(RENAME, {"id": world.partner.id})
            first.rollback()
    assert changes(now, app) == []


@pytest.mark.parametrize(
    ("statement", "is_change"),
    [
        ("INSERT INTO assets (id) VALUES (?)", True),
        ("WITH page AS (SELECT 1) UPDATE assets SET name = ?", True),
        ('DELETE FROM "users" WHERE id = ?', True),
        ("UPDATE sign_ins SET seen_at = ?", False),
        ("INSERT INTO throttles (id) VALUES (?) ON CONFLICT DO UPDATE SET count = ?", False),
        ("WITH page AS (SELECT 1) SELECT assets.id FROM assets FOR UPDATE", False),
    ],
)
def test_statements_that_change_something_are_told_from_others(statement, is_change):
    assert bool(dump.changes([statement])) is is_change
