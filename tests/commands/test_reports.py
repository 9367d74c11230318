import pytest
from sqlalchemy import update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import AuditEntry, Figure
from portal.services.reports import keeping

pytestmark = pytest.mark.sqlite


@pytest.fixture
def counted(world, app):
    world.assets(2, "synchronized")
    with app.app_context():
        keeping.catch_up()


def test_sums_that_are_right_are_said_to_be(flask, counted):
    said = flask("reports", "recount", "--check")
    assert said.exit_code == 0
    assert "1 days compared, 0 differences." in said.output


def test_each_difference_is_printed_and_a_recount_mends_it(flask, app, counted):
    with app.app_context(), transaction():
        db.session.execute(update(Figure).where(Figure.unit == "month").values(seconds=Figure.seconds + 7))
    said = flask("reports", "recount", "--check")
    assert said.exit_code == 2
    assert ": seconds is " in said.output
    assert flask("reports", "recount").exit_code == 0
    assert flask("reports", "recount", "--check").exit_code == 0
    with app.app_context():
        entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.subject == "figures")).one()
        assert entry.actor == "command line"


def test_what_waits_to_be_counted_is_no_difference(flask, world, counted):
    world.asset("failed")
    said = flask("reports", "recount", "--check")
    assert said.exit_code == 0
    assert "1 more wait to be counted" in said.output
