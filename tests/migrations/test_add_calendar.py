"""0047 on a database that is in use: each asset gets its days in the calendar, and keeps them true."""

import pytest
from sqlalchemy import inspect

from portal.extensions import db
from tests import last_days
from tests.migrations import steps

NAME = "0047_add_calendar"
DAYS = {"due_on", "ends_on", "redeemed_on"}
KEPT = ("assets", "coupons", "users")


def without_days(name: str) -> list[dict]:
    return [{column: value for column, value in row.items() if column not in DAYS} for row in steps.rows(name)]


def fill_in_the_version_before(world):
    world.assets(2, "synchronized")
    world.asset("failed")
    steps.down_below(NAME)
    steps.write(
        "UPDATE coupons SET status = 'Redeemed', redeemed_at = '2026-03-01 23:30:00.000000' "
        "WHERE id = (SELECT min(id) FROM coupons)"
    )


@pytest.fixture
def fill():
    return fill_in_the_version_before


@pytest.mark.usefixtures("world")
def test_days_come_and_go_and_nothing_else_changes(app_context):
    before = {name: steps.rows(name) for name in KEPT}
    assert not DAYS & set(before["assets"][0])

    steps.up_to(NAME)
    assert {name: without_days(name) for name in KEPT} == before
    found = list(last_days.check().values())
    db.session.rollback()  # its lock would keep PostgreSQL from changing the table
    assert [ends.isoformat() for _due, ends in found if ends] == ["2027-03-01"]
    assert [due is not None for due, _ends in found] == [False, True, False]

    steps.down_below(NAME)
    assert {name: steps.rows(name) for name in KEPT} == before
    assert "calendar_feeds" not in inspect(db.engine).get_table_names()
    steps.write("UPDATE assets SET validity_days = validity_days + 1")  # no trigger is left that asks for the columns
