"""What becomes of a request that may have been carried out."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.services import jobs as queue

pytestmark = pytest.mark.sqlite

NEVER_DONE = ("drop_before", {})
IDEMPOTENT = {"BITTITAN_SERVER": "idempotent"}


def test_the_look_ups_keep_to_the_schedule(shop, work, sandbox, lost):
    waits = (15, 45, 240, 600)
    for number, wait in enumerate(waits, start=1):
        assert work.later(wait - 8) == 0  # the machine itself may be slow by some seconds
        work.later(8)
        assert len(_lookups(shop, lost)) == number
    assert sandbox.control.journal() == []


def test_absent_twice_after_the_quarantine_is_failed(shop, work, sandbox, lost):
    work.later(15)
    work.later(45)
    work.later(240)
    assert shop.attempt(lost).absent_at is None
    work.later(600)
    assert (shop.status(lost), shop.attempt(lost).absent_at is None) == ("unconfirmed", False)
    assert work.later(40) == 0

    work.later(20)

    assert (shop.status(lost), shop.state(lost)) == ("failed", "not_executed")
    assert sandbox.control.journal() == []


def test_a_coupon_that_turns_up_after_all_is_recorded_without_another_purchase(shop, work, sandbox, lost):
    _to_the_end(work)
    assert shop.status(lost) == "failed"
    _issue(shop, sandbox, lost, "SBX-LATE-0001")

    work.later(3600)

    assert (shop.status(lost), shop.code(lost)) == ("synchronized", "SBX-LATE-0001")
    assert sandbox.control.purchases() == []


def test_a_press_looks_first_and_finds_what_was_bought(shop, work, sandbox, lost):
    _to_the_end(work)
    _issue(shop, sandbox, lost, "SBX-LATE-0001")

    shop.press(lost)
    work.drain()

    assert (shop.status(lost), shop.code(lost)) == ("synchronized", "SBX-LATE-0001")
    assert sandbox.control.purchases() == []


def test_a_press_whose_first_look_fails_sends_nothing(shop, work, sandbox, world):
    asset_id = world.asset().id
    sandbox.control.fault("searchCoupons", "refuse", code="InternalError")
    shop.press(asset_id)

    work.drain()
    assert (shop.state(asset_id), sandbox.control.journal()) == ("reserved", [])

    work.later(30)
    assert shop.status(asset_id) == "synchronized"
    assert len(sandbox.control.purchases()) == 1


def test_a_look_up_that_is_not_answered_uses_up_no_step_and_concludes_nothing(shop, work, sandbox, lost):
    sandbox.control.fault("searchCoupons", "html", times=None)
    for _ in range(4):
        work.later(600)
    attempt = shop.attempt(lost)
    assert (attempt.state.value, attempt.lookup_step, attempt.absent_at) == ("unknown", 0, None)

    sandbox.control.clear_faults()
    work.later(30)
    work.later(40)
    assert shop.status(lost) == "unconfirmed"
    work.later(20)
    assert shop.status(lost) == "failed"


def test_absence_is_concluded_within_twenty_hours_only(shop, work, sandbox, lost):
    work.skip(20 * 3600 + 1)
    work.drain()
    work.later(60)
    assert (shop.status(lost), shop.state(lost)) == ("review", "review")
    assert len(shop.alerts("review")) == 1


def test_nobody_answering_to_the_end_of_the_schedule_is_for_a_person(shop, work, sandbox, lost):
    sandbox.control.fault("searchCoupons", "refuse", code="InternalError", times=None)
    work.later(7 * 86400 + 1)
    assert shop.status(lost) == "review"
    assert sandbox.control.journal() == []


def test_a_coupon_found_during_a_review_is_recorded(shop, work, sandbox, lost):
    work.skip(20 * 3600 + 1)
    work.drain()
    work.later(60)
    assert shop.status(lost) == "review"
    _issue(shop, sandbox, lost, "SBX-LATE-0001")

    work.later(86400)
    assert (shop.status(lost), shop.code(lost)) == ("synchronized", "SBX-LATE-0001")


@pytest.mark.parametrize("server", [{"BITTITAN_ABSENCE": "review"}])
def test_where_others_hand_out_codes_an_absence_is_for_a_person(shop, work, sandbox, lost, server):
    _to_the_end(work)
    assert (shop.status(lost), shop.state(lost)) == ("review", "review")


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_blind_server_leaves_it_to_a_person_at_once(shop, work, sandbox, server, fault):
    sandbox.control.fault("createCoupon", fault)
    asset_id = shop.order()
    work.drain()
    assert (shop.status(asset_id), len(shop.alerts("review"))) == ("review", 1)
    assert work.later(86400) == 0
    assert len(sandbox.control.purchases()) == (fault == "drop_after")


@pytest.mark.parametrize("server", [IDEMPOTENT])
def test_an_idempotent_server_is_asked_again_byte_for_byte(shop, work, sandbox, lost, server):
    payload, reference = shop.attempt(lost).payload, shop.asset(lost).reference
    work.later(15)

    attempt = shop.attempt(lost)
    assert (attempt.payload, attempt.send_number, attempt.state.value) == (payload, 2, "succeeded")
    assert len(sandbox.control.purchases(reference)) == len(sandbox.control.purchases()) == 1
    requests = [row.request for row in shop.exchanges(lost) if row.kind.value == "send"]
    assert len(requests) == 2
    assert len(set(requests)) == 1


@pytest.mark.parametrize("server", [IDEMPOTENT])
def test_an_idempotent_server_that_did_it_out_of_sight_answers_with_the_same_coupon(shop, work, sandbox, server):
    sandbox.control.fault("createCoupon", "drop_after", hidden_seconds=60.0)
    asset_id = shop.order()
    work.drain()
    work.later(15)
    (purchase,) = sandbox.control.purchases()
    assert (shop.code(asset_id), shop.attempt(asset_id).send_number) == (purchase["code"], 2)


@pytest.mark.parametrize("server", [IDEMPOTENT])
def test_a_refusal_after_an_unknown_send_is_no_refusal(shop, work, sandbox, lost, server):
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded")

    work.later(15)
    attempt = shop.attempt(lost)
    assert (shop.status(lost), attempt.state.value, attempt.sends_no_more) == ("unconfirmed", "unknown", True)
    for wait in (60, 300, 900, 61):
        work.later(wait)

    assert (shop.status(lost), shop.attempt(lost).send_number) == ("failed", 2)
    assert sandbox.control.journal() == []


@pytest.mark.parametrize("server", [IDEMPOTENT | {"PROVISIONING_BREAKER_FAILURES": "1000"}])
def test_sending_again_to_an_idempotent_server_comes_to_an_end(shop, work, sandbox, lost, server):
    sandbox.control.fault("createCoupon", "drop_before", times=None)
    for _ in range(20):
        work.later(86400)
    assert shop.status(lost) == "review"
    assert shop.attempt(lost).send_number < 20
    assert sandbox.control.journal() == []


def test_found_but_not_as_asked_is_for_a_person_and_the_coupon_is_kept(shop, work, sandbox, lost):
    _issue(shop, sandbox, lost, "SBX-OTHER-0001", Quantity=24)

    work.later(15)

    assert (shop.status(lost), shop.state(lost), shop.attempt(lost).cause) == ("review", "review", "NotAsAsked")
    assert (shop.standings(lost), shop.code(lost), len(shop.alerts("review"))) == (["review"], None, 1)


def test_what_is_not_as_asked_is_watched_on_and_told_once(shop, work, sandbox, lost):
    _issue(shop, sandbox, lost, "SBX-OTHER-0001", Quantity=24)
    work.later(15)
    assert shop.status(lost) == "review"
    for alert in shop.alerts("review"):
        shop.world.edit(alert, seen_at=datetime.now(UTC))
    work.later(300)
    assert (shop.status(lost), len(shop.alerts("review")), shop.standings(lost)) == ("review", 1, ["review"])

    _issue(shop, sandbox, lost, "SBX-LATE-0001")
    work.later(3600)
    assert (shop.status(lost), shop.code(lost)) == ("synchronized", "SBX-LATE-0001")


def test_found_twice_records_the_oldest_and_keeps_the_other_as_surplus(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "drop_after", copies=2)
    asset_id = shop.order()
    work.drain()
    work.later(15)

    oldest, newest = sandbox.control.coupons()
    assert (shop.status(asset_id), shop.code(asset_id)) == ("synchronized", oldest["Code"])
    assert sorted(shop.standings(asset_id)) == ["recorded", "surplus"]
    assert len(shop.alerts("surplus")) == 1
    assert newest["Code"] not in shop.alerts("surplus")[0].text


def test_a_code_that_another_asset_has_is_never_taken(shop, work, sandbox, world):
    other = world.asset("synchronized", code="SBX-TAKEN-0001")
    sandbox.control.fault("createCoupon", "lie", fields={"Code": "SBX-TAKEN-0001"})
    asset_id = shop.order()

    work.drain()
    assert (shop.status(asset_id), shop.attempt(asset_id).cause) == ("unconfirmed", "CodeKnown")
    work.later(15)

    (purchase,) = sandbox.control.purchases()
    assert (shop.code(asset_id), shop.code(other.id)) == (purchase["code"], "SBX-TAKEN-0001")


def test_a_code_found_by_a_look_up_that_another_asset_has_ends_in_review(shop, work, sandbox, lost, world):
    other = world.asset("synchronized", code="SBX-TAKEN-0001")
    _issue(shop, sandbox, lost, "SBX-TAKEN-0001")
    work.later(15)
    assert (shop.status(lost), shop.attempt(lost).cause) == ("review", "CodeKnown")
    assert (shop.code(lost), shop.code(other.id)) == (None, "SBX-TAKEN-0001")


def test_a_coupon_for_ever_is_recorded_too(shop, work, sandbox, lost):
    _issue(shop, sandbox, lost, "SBX-EVER-0001", ExpireDate="9999-12-31T23:59:59Z")
    work.later(15)
    assert shop.code(lost) == "SBX-EVER-0001"


def test_early_looks_take_the_place_of_none_that_is_ahead(lost, shop, work):
    """Each good answer of BitTitan makes all open look-ups due at once."""
    for _ in range(6):
        with shop.app.app_context():
            queue.wake_attempts(clock.now())
        work.drain()
    attempt = shop.attempt(lost)
    assert attempt.next_at == attempt.last_sent_at + timedelta(seconds=15)


def _to_the_end(work) -> None:
    """Of the look-ups that an absence needs."""
    work.later(601)
    work.later(61)


def _lookups(shop, asset_id: int) -> list:
    return [row for row in shop.exchanges(asset_id) if row.kind.value == "lookup"]


def _issue(shop, sandbox, asset_id: int, code: str, **fields) -> None:
    asset = shop.asset(asset_id)
    coupon = {
        "Code": code, "ExternalReference": asset.reference, "Quantity": asset.quantity,
        "OrganizationId": shop.world.partner.organization_id,
    }  # fmt: skip
    sandbox.control.put_coupons([coupon | fields])
