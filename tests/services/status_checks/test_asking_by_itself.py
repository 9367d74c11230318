"""The portal asks by itself: the oldest answers first, within its budget; and about many at once where asked to."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.errors import Conflict
from portal.extensions import db
from portal.models import Job, JobKind, RequestKind, StatusCheck, User
from portal.services import status_checks, vendor_requests
from portal.services.status_checks import rolling
from tests.plans import explained
from tests.services.bulk_operations.bulk import Bulk

pytestmark = pytest.mark.sqlite

BUDGET = {"STATUS_CHECKS_A_DAY": "864"}
"""One in 100 seconds."""
DAY = timedelta(days=1)


def days_ago(number: int) -> datetime:
    return datetime.now(UTC) - number * DAY


@pytest.fixture
def bulk(shop):
    return Bulk(shop)


def due_in(shop) -> float:
    (job,) = shop.all(Job, Job.kind == JobKind.STATUSES)
    return (job.due_at - datetime.now(UTC)).total_seconds()


@pytest.mark.parametrize("server", [BUDGET])
def test_the_oldest_are_asked_first_and_the_rest_later(checks, shop, monkeypatch, server):
    monkeypatch.setattr(rolling, "AT_ONCE", 2)
    young, old = checks.bought(), checks.bought(read_at=days_ago(9))
    older, never = checks.bought(read_at=days_ago(11)), checks.unverified()
    spent = checks.bought(read_at=days_ago(30), status="Redeemed")
    checks.step()
    assert [check.asset_id for check in checks.checks()] == [never.id, older.id]
    assert {check.cause.value for check in checks.checks()} == {"rolling"}
    assert 100 < due_in(shop) <= 200  # two requests
    checks.step()
    assert [check.asset_id for check in checks.checks()][2:] == [old.id]
    checks.step()
    asked = {check.asset_id for check in checks.checks()}
    assert (len(checks.checks()), asked & {young.id, spent.id}) == (3, set())
    assert due_in(shop) > 3000  # nothing is old


@pytest.mark.parametrize("server", [{"STATUS_CHECKS_A_DAY": "0"}])
def test_without_a_budget_nothing_is_asked(checks, server):
    checks.bought(read_at=days_ago(9))
    checks.step()
    assert checks.checks() == []


def test_one_that_bittitan_does_not_answer_about_holds_up_no_other(checks, sandbox, monkeypatch):
    monkeypatch.setattr(rolling, "AT_ONCE", 1)
    stuck, other = checks.bought(read_at=days_ago(11)), checks.bought(read_at=days_ago(9))
    sandbox.control.fault("getCoupon", "html")
    checks.step()
    checks.step()
    assert [(check.asset_id, check.result.value) for check in checks.checks()] == [
        (stuck.id, "no-answer"),
        (other.id, "active"),
    ]


def test_while_bittitan_is_silent_only_one_is_asked_and_none_is_called_missing(checks, sandbox):
    old = [checks.bought(read_at=days_ago(9)) for _ in range(3)]
    sandbox.control.fault("getCoupon", "drop_before", times=None)
    checks.step()
    assert len(checks.checks()) == 1
    assert {checks.coupon(asset).absent_at for asset in old} == {None}


def test_three_presses_in_a_minute_for_one_asset_then_it_says_when(checks, shop, world):
    asset, other = checks.bought(), checks.bought()

    def press(asset, nick="dana"):
        with shop.app.app_context():
            by = db.session.get(User, getattr(world, nick).id)
            arguments = {"by": by, "values": {}, "form": {}, "check": status_checks.check_may_ask}
            return vendor_requests.create_request(RequestKind.CHECK_STATUS, asset.id, **arguments)

    assert press(asset) == press(asset)  # a second press finds the first one's
    checks.work.drain()
    press(asset, "dora")
    checks.work.drain()
    press(asset)
    checks.work.drain()
    with pytest.raises(Conflict, match="3 times in a minute. The next time may be at"):
        press(asset)
    press(other)
    checks.work.drain()
    assert [check.asset_id for check in checks.checks()] == [asset.id] * 3 + [other.id]


def test_an_asset_without_a_code_is_not_asked_about(checks, shop, world):
    asset = world.asset()
    with shop.app.app_context(), world.transaction(), pytest.raises(Conflict, match="no coupon code"):
        status_checks.check_may_ask(asset.id)


def test_chosen_ones_are_asked_about_and_none_is_changed(checks, bulk, sandbox, shop, world):
    redeemed, gone, without = checks.bought(), checks.gone(), world.asset()
    sandbox.control.redeem(checks.coupon(redeemed).code)
    operation_id = bulk.begin("check", redeemed, gone, without)
    checks.work.drain()
    assert bulk.state(operation_id) == "done"
    assert bulk.outcomes(operation_id) == {"done": 2, "left_out": 1}
    assert [item.after for item in bulk.items(operation_id)] == ["redeemed", "not-listed", None]
    assert bulk.whys(operation_id)[without.id] == "no_code"
    assert {shop.asset(each.id).version for each in (redeemed, gone, without)} == {redeemed.version}
    assert {check.cause.value for check in checks.checks()} == {"bulk"}


def test_chosen_ones_wait_while_bittitan_is_silent(checks, bulk, sandbox):
    asset, unclear = checks.bought(), checks.bought()
    sandbox.control.fault("getCoupon", "drop_before")
    operation_id = bulk.begin("check", asset, unclear)
    checks.work.drain()
    assert (bulk.state(operation_id), bulk.outcomes(operation_id)) == ("running", {"will": 2})
    sandbox.control.fault("getCoupon", "html")
    checks.work.later(60)
    assert bulk.outcomes(operation_id) == {"left_out": 1, "done": 1}
    assert bulk.whys(operation_id)[asset.id] == "no_answer"


def test_old_checks_are_deleted(checks, shop, world):
    asset = checks.bought()
    checks.ask(asset)
    checks.ask(asset)
    with world.transaction():
        db.session.query(StatusCheck).order_by(StatusCheck.id).first().at = days_ago(31)
    with shop.app.app_context():
        status_checks.delete_expired(clock.now())
    assert len(checks.checks()) == 1


def test_the_oldest_are_found_in_an_index(checks, shop):
    with shop.app.app_context():
        lines = explained(lambda: rolling._oldest(clock.now()))
        is_sqlite = db.engine.dialect.name == "sqlite"
    wanted = "USING INDEX ix_coupons_oldest" if is_sqlite else "ix_coupons_oldest"
    assert sum(wanted in line for line in lines) == 2 or not is_sqlite, lines
