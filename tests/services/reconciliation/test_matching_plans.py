"""A step reads what its own coupons need, however many the run has."""

import pytest

from portal.core.transaction import transaction
from portal.database import engine_options
from portal.models import ReconciliationRun
from portal.services.reconciliation.applying import settled
from portal.services.reconciliation.matching import records, shown
from portal.services.reconciliation.scanning import shown_coupons
from portal.services.reconciliation.scanning.runs import EVERYTHING
from tests.plans import explained
from tests.services.reconciliation.many import Many

pytestmark = pytest.mark.sqlite


@pytest.fixture
def run(reconciler, shop, world, monkeypatch) -> ReconciliationRun:
    """Ends before it compares."""
    many = Many(world, 40)
    many.record()
    many.put(reconciler.sandbox)
    monkeypatch.setattr(shown_coupons, "clear_agreeing", lambda run_id: False)
    return reconciler.run(EVERYTHING)


def test_coupons_are_read_in_the_order_of_their_table(run, shop):
    run.position = 0
    with shop.app.app_context():
        lines = explained(lambda: shown._next(run))
    assert lines == ["SEARCH reconciliation_coupons USING INTEGER PRIMARY KEY (rowid>?)"]


def test_of_records_only_those_of_the_step_are_read(run, shop):
    run.position = 0
    with shop.app.app_context():
        coupons = shown._next(run)
        lines = explained(lambda: records.read(run, coupons))
    assert [line for line in lines if "SCAN" in line or "ix_coupons_standing" in line] == []


def test_what_concerns_unrecorded_coupons_is_asked_only_if_there_are_some(run, shop):
    run.position = 0
    with shop.app.app_context():
        coupons = shown._next(run)
        assert len(coupons) == 39
        recorded = records.read(run, coupons)
        assert (recorded.with_code, recorded.first) == (set(), {})


def test_only_differences_that_wait_are_looked_at_again(run, shop):
    with shop.app.app_context():
        lines = explained(settled.close)
    reads = [line for line in lines if "SCAN" in line or "assets" in line or "coupons" in line]
    assert set(reads) <= {
        "SCAN reconciliation_runs",
        "SEARCH assets USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH assets USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
        "SEARCH coupons USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH coupons USING INDEX sqlite_autoindex_coupons_2 (code=?)",
        "SEARCH reconciliation_coupons USING INTEGER PRIMARY KEY (rowid=?)",
    }


def test_what_is_shown_is_kept_without_a_look_for_it_first(run, shop, sql):
    """PostgreSQL would read all of the run each time: it knows nothing yet of a table that grows in minutes."""
    run.position = 0
    with shop.app.app_context(), transaction():
        coupons = [dict(row._mapping) for row in shown._next(run)]
        news = [{name: value for name, value in each.items() if name not in ("id", "run_id")} for each in coupons]
        with sql() as statements:
            new = shown_coupons.add(run, [*news, news[0] | {"key": "another one"}])
    assert (new, [each.split()[0] for each in statements]) == (1, ["INSERT"])


def test_a_process_uses_few_connections_to_sqlite():
    """Each has a cache of its own, which a rotation among them would fill one after the other."""
    assert engine_options("sqlite:///portal.db")["pool_use_lifo"] is True
