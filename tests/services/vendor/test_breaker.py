"""When purchases wait: pauses that BitTitan asks for, a sign-in that is not accepted, an outage."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import select

from portal.core import clock, errors
from portal.extensions import db
from portal.models import Attempt, Job
from portal.services import jobs as queue
from portal.worker import handlers
from tests.services.shop import at_once

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize("code", ["RateLimited", "Maintenance"])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_pause_that_bittitan_asks_for_is_kept_and_uses_up_no_try(shop, work, sandbox, code, form):
    in_time = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    sandbox.control.fault("createCoupon", "refuse", code=code, retry_after="120" if form == "seconds" else in_time)
    asset_id = shop.order()

    work.drain()
    other_id = shop.order()
    work.later(110)
    assert (shop.status(asset_id), shop.status(other_id)) == ("synchronizing", "synchronizing")
    assert (shop.attempt(asset_id).tries, shop.attempt(other_id).send_number) == (0, 0)

    work.later(11)
    assert (shop.status(asset_id), shop.status(other_id)) == ("synchronized", "synchronized")
    assert len(sandbox.control.purchases()) == 2


@pytest.mark.parametrize("retry_after, pause", [("999999", 600), ("9" * 30, 600), ("0", 1), ("soon", 30), ("", 30)])
def test_whatever_retry_after_says_the_pause_has_bounds(shop, work, sandbox, retry_after, pause):
    sandbox.control.fault("createCoupon", "refuse", code="RateLimited", retry_after=retry_after)
    asset_id = shop.order()
    work.drain()
    wait = shop.connection().held_until - datetime.now(UTC)
    assert pause - 5 < wait.total_seconds() <= pause
    work.later(pause)
    assert shop.status(asset_id) == "synchronized"


def test_after_a_day_of_pauses_an_asset_is_failed(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse", code="Maintenance", retry_after="600", times=None)
    first, second = shop.order(), shop.order()
    work.drain()
    work.later(23 * 3600)
    assert {shop.status(first), shop.status(second)} == {"synchronizing"}

    work.later(3700)

    assert {shop.status(first), shop.status(second)} == {"failed"}
    assert {shop.state(first), shop.state(second)} == {"not_sent"}
    assert sandbox.control.journal() == []


def test_a_second_401_stops_everything_until_a_person_connects(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse", code="TicketInvalid", times=2)
    asset_id = shop.order()
    work.drain()
    assert (shop.connection().needs_person, shop.attempt(asset_id).tries) == (True, 0)
    assert shop.attempt(asset_id).send_number == 2

    other_id = shop.order()
    work.later(3600)
    assert (shop.status(asset_id), shop.status(other_id)) == ("synchronizing", "synchronizing")
    assert (len(shop.alerts("sign-in")), sandbox.control.journal()) == (1, [])

    shop.connect()
    work.drain()
    assert (shop.status(asset_id), shop.status(other_id)) == ("synchronized", "synchronized")
    assert len(sandbox.control.purchases()) == 2


def test_a_sign_in_that_is_refused_waits_for_a_person(shop, work, sandbox):
    sandbox.control.expire_tickets()
    sandbox.control.fault("signIn", "refuse", code="SignInFailed", times=None)
    asset_id = shop.order()
    work.drain()
    assert (shop.connection().needs_person, shop.connection().cause) == (True, "SignInFailed")
    with pytest.raises(errors.Unavailable):
        shop.connect()

    sandbox.control.clear_faults()
    shop.connect()
    work.drain()
    assert shop.status(asset_id) == "synchronized"


def test_a_proxys_403_is_no_refused_sign_in(shop, work, sandbox):
    sandbox.control.expire_tickets()
    sandbox.control.fault("signIn", "html", status=403)
    asset_id = shop.order()
    work.drain()
    assert (shop.connection().needs_person, shop.attempt(asset_id).tries) == (False, 1)


def test_nobody_acting_for_a_day_fails_what_waits_for_the_sign_in(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse", code="TicketInvalid", times=2)
    sent, held = shop.order(), shop.order()
    work.drain()
    work.later(24 * 3600 + 60)
    assert (shop.state(sent), shop.state(held)) == ("not_sent", "not_sent")
    assert (shop.status(sent), shop.status(held)) == ("failed", "failed")


def test_five_outcomes_without_an_answer_hold_the_rest_without_using_tries(shop, work, sandbox):
    lost = _outage(shop, work, sandbox)

    waiting = [shop.order() for _ in range(3)]
    work.drain()
    assert {shop.status(each) for each in waiting} == {"synchronizing"}
    assert {(row.send_number, row.tries) for row in _attempts(shop, waiting)} == {(0, 0)}
    assert {shop.status(each) for each in lost} == {"unconfirmed"}
    assert sandbox.control.journal() == []


def test_the_probe_is_a_sign_in_and_never_a_purchase(shop, work, sandbox):
    _outage(shop, work, sandbox)
    asset_id = shop.order()
    sandbox.control.fault("signIn", "drop_before", times=None)
    for _ in range(5):
        work.later(61)
    attempt = shop.attempt(asset_id)
    assert (attempt.state.value, attempt.send_number, attempt.tries) == ("reserved", 0, 0)
    assert "createCoupon" not in [use["operation"] for use in sandbox.control.used_faults()[5:]]

    sandbox.control.clear_faults()
    work.later(61)
    assert (shop.status(asset_id), shop.connection().is_open) == ("synchronized", False)


def test_after_the_probe_one_purchase_goes_alone_until_one_succeeds(shop, work, sandbox):
    _outage(shop, work, sandbox)
    waiting = [shop.order() for _ in range(4)]
    sandbox.control.fault("createCoupon", "late", seconds=1.0)
    work.skip(61)

    at_once(4, work.drain)
    for _ in range(10):  # whoever came while the first was under way asks again a little later
        work.later(2)

    first, *others = sorted(_attempts(shop, waiting), key=lambda attempt: attempt.first_sent_at)
    assert all(other.first_sent_at >= first.settled_at for other in others)
    assert {shop.status(each) for each in waiting} == {"synchronized"}
    assert len(sandbox.control.purchases()) == 4


def test_a_step_that_ends_after_the_good_news_does_not_put_the_next_one_off(shop, work, sandbox):
    _outage(shop, work, sandbox)
    asset_id = shop.order()
    with shop.app.app_context():
        claim, next_at = _held(shop.attempt(asset_id).id)
        queue.wake_attempts(clock.now())
        queue.finish(claim, next_at)
        due_at = db.session.scalar(select(Job.due_at).where(Job.id == claim.id))
        assert due_at <= clock.now() < next_at


def test_a_failure_after_the_probe_holds_again_at_once(shop, work, sandbox):
    _outage(shop, work, sandbox)
    sandbox.control.fault("createCoupon", "drop_before")
    first, second = shop.order(), shop.order()
    work.later(61)
    assert shop.connection().held_until is not None
    assert {shop.state(first), shop.state(second)} == {"unknown", "reserved"}


def test_when_bittitan_answers_again_open_look_ups_are_due_at_once(shop, work, sandbox):
    lost = _outage(shop, work, sandbox)
    sandbox.control.fault("searchCoupons", "html", times=5)
    work.later(30)
    sandbox.control.clear_faults()
    _ = shop.order()
    for each in lost:
        assert shop.status(each) == "unconfirmed"

    work.later(31)
    assert all(shop.attempt(each).lookup_step for each in lost)


def test_those_who_waited_beside_the_probe_go_on_when_it_has_answered(app, world, work, sandbox):
    from tests.services.shop import Shop

    shop = Shop(app, world)
    assert shop.connection().organization_id is None
    orders = [shop.order() for _ in range(4)]
    sandbox.control.fault("signIn", "late", seconds=0.3)
    at_once(4, work.drain)
    work.later(1)
    assert {shop.status(each) for each in orders} == {"synchronized"}
    assert len(sandbox.control.purchases()) == 4


def test_another_organisation_refuses_to_send(shop, work, sandbox, world):
    world.edit(shop.connection(), organization_id="5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff")
    asset_id = shop.order()
    work.drain()
    assert (shop.connection().needs_person, shop.connection().cause) == (True, "OtherOrganization")
    assert (shop.status(asset_id), sandbox.control.journal()) == ("synchronizing", [])
    with pytest.raises(errors.Conflict):
        shop.connect()


@pytest.mark.parametrize("server", [{"PROVISIONING_RATE": "2"}])
def test_purchases_keep_to_the_rate(shop, work, sandbox, server):
    orders, begun = [shop.order() for _ in range(6)], time.monotonic()
    work.drain()
    assert 2 <= len(sandbox.control.purchases()) <= 3 + 2 * (time.monotonic() - begun)
    for _ in range(8):
        work.later(1)
    assert {shop.status(each) for each in orders} == {"synchronized"}


def _outage(shop, work, sandbox) -> list[int]:
    """Five requests that were lost."""
    sandbox.control.fault("createCoupon", "drop_before", times=5)
    lost = [shop.order() for _ in range(5)]
    work.drain()
    assert (shop.connection().is_open, sandbox.control.journal()) == (True, [])
    return lost


def _held(attempt_id: int) -> tuple[queue.Claim, datetime]:
    """It was claimed and looked at, but what came of that is not on the list yet."""
    claim = next(each for each in queue.claim(10) if each.subject_id == attempt_id)
    return claim, handlers.handle(claim)


def _attempts(shop, asset_ids) -> list[Attempt]:
    return [shop.attempt(each) for each in asset_ids]
