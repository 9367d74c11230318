"""What a morning costs, whatever is in the database."""

from datetime import date, timedelta

import pytest

from portal.extensions import db
from portal.services.reminders import steps, writing
from portal.services.reminders.writing import Slot
from tests import plans
from tests.services.reminders.test_year import bought

DAY = date(2031, 6, 9)


@pytest.mark.sqlite  # PostgreSQL reads a table of three rows as a whole
@pytest.mark.parametrize("kind", range(2))
def test_the_assets_of_a_day_are_found_in_its_index(world, app, kind):
    world.assets(3, "synchronized")
    with app.app_context():
        db.session.execute(db.text("ANALYZE"))
        db.session.commit()
        plan = plans.explained(lambda: writing._ids(Slot(kind, DAY), (0, 0), 200))
    index = ("ix_assets_all_due_on", "ix_assets_all_ends_on")[kind]
    assert any(index in line for line in plan), plan


@pytest.mark.sqlite
def test_more_assets_cost_no_more_statements(world, mornings, sql):
    counts = []
    mornings.morning(DAY - timedelta(days=1))
    for many in (2, 20):
        for _ in range(many):
            bought(world, DAY + timedelta(days=7 + len(counts)))
        with sql() as statements:
            mornings.morning(DAY + timedelta(days=len(counts)))
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_a_worker_that_was_off_for_months_looks_at_no_more_days_than_there_are():
    days = steps.days_to_look_at((30, 14, 7, 1), DAY - timedelta(days=100), DAY)
    assert days == [DAY + timedelta(days=n) for n in range(1, 31)]
