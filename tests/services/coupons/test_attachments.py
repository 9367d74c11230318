"""What a person does: attach a code, attest that there is none, cancel."""

import time

import pytest

from portal.core import access, clock, errors
from portal.core.transaction import transaction
from portal.services import assets
from portal.services.vendor import breaker
from tests.services.shop import at_once

CODE = "SBX-HAND-0001"


def test_a_code_that_matches_is_recorded_with_the_coupons_dates(shop, sandbox, world, issue):
    asset = world.asset()
    issue(asset.id, ValidityDays=90, ExpireDate="2030-05-01T12:00:00Z")
    shop.attach(asset.id, CODE)

    row = shop.asset(asset.id)
    assert (row.sync_status.value, shop.code(asset.id), row.validity_days) == ("synchronized", CODE, 90)
    assert row.redeem_by.isoformat() == "2030-05-01"
    assert sandbox.control.purchases() == []
    assert ("attach", "synchronized") in [(each.act, each.after) for each in shop.audit(asset.id)]


@pytest.mark.parametrize("text", [f"“{CODE}”.", f"Code: {CODE.lower()}", "SBX\u2011HAND\u20110001\u200b"])
def test_a_code_is_recorded_without_what_clung_to_it(shop, world, issue, text):
    asset, other = world.asset(), world.asset()
    issue(asset.id)
    shop.attach(asset.id, text)
    assert shop.code(asset.id) == CODE
    with pytest.raises(errors.InvalidInput, match=f"already recorded with AS-{asset.id}"):
        shop.attach(other.id, text, unverified=True)


@pytest.mark.sqlite  # BitTitan decides it: once is enough
@pytest.mark.parametrize(
    "fields",
    [
        {"Quantity": 24},
        {"ProductSkuId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02"},
        {"OrganizationId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff"},
        {"Status": "Revoked"},
    ],
)
def test_a_code_for_something_else_is_refused(shop, world, issue, fields):
    asset = world.asset()
    issue(asset.id, **fields)
    with pytest.raises(errors.InvalidInput):
        shop.attach(asset.id, CODE, unverified=True)
    assert (shop.status(asset.id), shop.code(asset.id)) == ("failed", None)


@pytest.mark.parametrize("status", ["failed", "review"])
def test_a_code_that_bittitan_does_not_know_is_refused_whatever_is_ticked(shop, world, status):
    """Mistyped, it would look like a code for ever."""
    asset = world.asset(status)
    with pytest.raises(errors.InvalidInput, match="knows no such code"):
        shop.attach(asset.id, "NOBODY-KNOWS-1", unverified=True)
    assert (shop.status(asset.id), shop.code(asset.id)) == (status, None)


def test_a_code_that_is_spent_needs_a_tick(shop, sandbox, world, issue):
    asset = world.asset()
    issue(asset.id)
    sandbox.control.redeem(CODE)
    with pytest.raises(errors.InvalidInput, match="no longer be redeemed"):
        shop.attach(asset.id, CODE)
    assert shop.code(asset.id) is None
    shop.attach(asset.id, CODE, unverified=True)
    assert (shop.status(asset.id), shop.code(asset.id)) == ("synchronized", CODE)


def test_the_tick_is_needed_too_while_bittitan_does_not_answer(shop, sandbox, world):
    asset = world.asset()
    sandbox.control.fault("checkCoupons", "html", times=None)
    with pytest.raises(errors.InvalidInput):
        shop.attach(asset.id, CODE)
    shop.attach(asset.id, CODE, unverified=True)
    assert shop.code(asset.id) == CODE


def test_the_assets_own_code_again_changes_nothing(shop, world):
    asset = world.asset("synchronized", code=CODE)
    rows = len(shop.audit(asset.id))
    with shop.app.app_context():
        shown = access.visible_asset(shop.dana, asset.id)
        assets.attach(shown, version=1, by=shop.dana, code=f" {CODE} ", reason="")
    assert (shop.code(asset.id), len(shop.audit(asset.id))) == (CODE, rows)


def test_a_synchronized_asset_takes_no_other_code(shop, world, issue):
    asset = world.asset("synchronized", code="SBX-OWN-0001")
    issue(asset.id)
    with pytest.raises(errors.Conflict):
        shop.attach(asset.id, CODE)
    assert shop.code(asset.id) == "SBX-OWN-0001"


def test_a_code_that_stands_elsewhere_is_refused(shop, world, issue):
    world.asset("synchronized", code=CODE)
    asset = world.asset()
    issue(asset.id)
    with pytest.raises(errors.InvalidInput):
        shop.attach(asset.id, CODE, unverified=True)
    assert shop.code(asset.id) is None


def test_one_code_attached_to_two_assets_at_once_belongs_to_one(shop, world, issue):
    first, second = world.asset(), world.asset()
    issue(first.id)
    targets = iter((first.id, second.id))
    outcomes = at_once(2, lambda: shop.attach(next(targets), CODE))
    assert outcomes.count(None) == 1
    assert isinstance(next(each for each in outcomes if each), errors.InvalidInput)
    assert sorted([shop.status(first.id), shop.status(second.id)]) == ["failed", "synchronized"]


@pytest.mark.sqlite  # refused before the database is asked: once is enough
@pytest.mark.parametrize("code", ["", "   ", "SBX AAAA", "SBX\tAAAA", "SBX\u00a0AAAA", "SBX\u0000AAAA", "X" * 129])
def test_what_is_no_code_is_not_attached(shop, world, code):
    asset = world.asset()
    with pytest.raises(errors.InvalidInput):
        shop.attach(asset.id, code, unverified=True)


def test_blanks_around_a_code_are_no_part_of_it(shop, world, issue):
    asset = world.asset()
    issue(asset.id)
    shop.attach(asset.id, f"\t {CODE}\n")
    assert shop.code(asset.id) == CODE


def test_a_stale_version_attaches_nothing(shop, world, issue):
    asset = world.asset()
    issue(asset.id)
    with pytest.raises(errors.StaleVersion):
        shop.attach(asset.id, CODE, version=asset.version + 1)
    assert shop.code(asset.id) is None


@pytest.mark.parametrize("status", ["synchronizing", "unconfirmed"])
def test_while_an_attempt_is_open_nothing_is_attached_or_attested(shop, world, issue, status):
    asset = world.asset(status)
    issue(asset.id, ExternalReference=asset.reference)
    with pytest.raises(errors.AttemptOpen):
        shop.attach(asset.id, CODE)
    with pytest.raises(errors.Conflict):
        shop.attest(asset.id)
    assert (shop.status(asset.id), shop.code(asset.id)) == (status, None)


def test_in_review_only_a_code_with_our_reference_is_attached(shop, world, issue):
    asset = world.asset("review")
    issue(asset.id, "SBX-FOREIGN-01")
    with pytest.raises(errors.Conflict):
        shop.attach(asset.id, "SBX-FOREIGN-01", unverified=True)
    issue(asset.id, ExternalReference=asset.reference)

    shop.attach(asset.id, CODE)

    assert (shop.status(asset.id), shop.state(asset.id), shop.code(asset.id)) == ("synchronized", "succeeded", CODE)


def test_after_the_attestation_any_matching_code_is_attached(shop, work, world, issue):
    asset = world.asset("review")
    issue(asset.id)
    work.skip(600)
    shop.attest(asset.id)
    shop.attach(asset.id, CODE)
    assert shop.code(asset.id) == CODE


def test_an_attestation_waits_for_the_quarantine(shop, work, sandbox):
    sandbox.control.configure(kind="blind")
    sandbox.control.fault("createCoupon", "drop_before")
    asset_id = shop.order()
    work.drain()
    work.skip(20 * 3600 + 1)
    work.drain()
    sandbox.control.configure(kind="searchable")
    for _ in range(3):
        work.later(61)
    assert shop.status(asset_id) == "review"
    shop.attest(asset_id)
    assert (shop.status(asset_id), shop.state(asset_id)) == ("failed", "not_executed")
    assert shop.attempt(asset_id).reason == "BitTitan’s support says so."


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
def test_attesting_too_early_is_refused(shop, work, sandbox, server):
    sandbox.control.fault("createCoupon", "drop_before")
    asset_id = shop.order()
    work.drain()
    work.skip(590)
    with pytest.raises(errors.Conflict):
        shop.attest(asset_id)
    assert shop.status(asset_id) == "review"
    work.skip(11)
    shop.attest(asset_id)
    assert shop.status(asset_id) == "failed"

    shop.press(asset_id)
    work.drain()
    assert (shop.status(asset_id), len(sandbox.control.purchases())) == ("synchronized", 1)


def test_while_the_clock_is_in_doubt_nothing_is_attested(shop, work, sandbox, world):
    sandbox.control.fault("createCoupon", "drop_before")
    asset_id = shop.order()
    work.drain()
    work.skip(20 * 3600 + 1)
    work.drain()
    work.later(61)
    with shop.app.app_context(), transaction():
        breaker.doubt_the_clock(clock.now())
    with pytest.raises(errors.Conflict):
        shop.attest(asset_id)
    work.skip(601)
    shop.attest(asset_id)
    assert shop.status(asset_id) == "failed"


def test_a_false_attestation_shows_by_itself_however_late_it_is_given(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "drop_after")
    sandbox.control.fault("searchCoupons", "lie_search", times=20)
    asset_id = shop.order()
    work.drain()
    for _ in range(14):
        work.later(86400)
    assert (shop.status(asset_id), shop.attempt(asset_id).next_at) == ("review", None)
    sandbox.control.clear_faults()

    shop.attest(asset_id)
    work.later(31)

    assert (shop.status(asset_id), len(sandbox.control.purchases())) == ("synchronized", 1)


def test_a_false_attestation_shows_and_does_not_buy_twice(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "drop_after", hidden_seconds=2.0)
    asset_id = shop.order()
    work.drain()
    work.later(20 * 3600 + 1)
    work.later(61)
    assert shop.status(asset_id) == "review"
    shop.attest(asset_id)
    (purchase,) = sandbox.control.purchases()
    assert shop.code(asset_id) is None
    time.sleep(2.1)  # until BitTitan lists it
    shop.press(asset_id)
    work.later(31)
    assert shop.code(asset_id) == purchase["code"]
    assert len(sandbox.control.purchases()) == 1


def test_only_what_is_in_review_can_be_attested(shop, world):
    for status in ("failed", "synchronized"):
        asset = world.asset(status)
        with pytest.raises(errors.Conflict):
            shop.attest(asset.id)
        assert shop.status(asset.id) == status


@pytest.mark.parametrize("status", ["synchronizing", "unconfirmed", "review"])
def test_an_open_attempt_is_not_cancelled(shop, world, status):
    asset = world.asset(status)
    with pytest.raises(errors.AttemptOpen):
        shop.cancel(asset.id)
    assert shop.asset(asset.id).is_active


def test_a_cancelled_asset_is_never_bought_and_takes_no_code(shop, work, sandbox, world, issue):
    asset = world.asset()
    issue(asset.id)
    shop.cancel(asset.id)
    for act in (lambda: shop.press(asset.id), lambda: shop.save(asset.id, name="x"), lambda: shop.cancel(asset.id)):
        with pytest.raises(errors.Conflict):
            act()
    with pytest.raises(errors.Conflict):
        shop.attach(asset.id, CODE)
    work.later(3600)
    assert (shop.code(asset.id), sandbox.control.purchases()) == (None, [])


def test_a_coupon_kept_for_a_review_can_be_attached_if_it_is_as_asked_after_all(shop, work, sandbox, issue):
    sandbox.control.fault("createCoupon", "drop_before")
    asset_id = shop.order()
    work.drain()
    issue(asset_id, ExternalReference=shop.asset(asset_id).reference, Quantity=24)
    work.later(15)
    assert shop.standings(asset_id) == ["review"]
    issue(asset_id, ExternalReference=shop.asset(asset_id).reference)
    shop.attach(asset_id, CODE)
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("synchronized", ["recorded"])
