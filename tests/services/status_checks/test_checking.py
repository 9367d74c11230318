"""What BitTitan says about a recorded code is written down, and changes nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import access
from portal.core.errors import Conflict, StaleVersion
from portal.extensions import db
from portal.models import AtBitTitan, ConfirmedState, User
from portal.services.assets import confirmed_states

pytestmark = pytest.mark.sqlite

OLD = datetime(2026, 1, 5, 9, tzinfo=UTC)
At = AtBitTitan


def state(shop, asset, chosen=ConfirmedState.REDEEMED, *, version=None) -> None:
    with shop.app.app_context():
        dana = db.session.get(User, shop.world.dana.id)
        row = access.visible_asset(dana, asset.id)
        seen = row.version if version is None else version
        confirmed_states.confirm(row, version=seen, state=chosen, reason="Its customer says so", by=dana)


def test_a_redeemed_code_is_noted_and_the_asset_stays_as_it_is(checks, shop, sandbox):
    asset = checks.bought(read_at=OLD)
    sandbox.control.redeem(checks.coupon(asset).code)
    assert checks.ask(asset) == "redeemed"
    coupon, after = checks.coupon(asset), shop.asset(asset.id)
    assert (coupon.at_bittitan, coupon.redeemed_at is not None, coupon.read_at > OLD) == (At.REDEEMED, True, True)
    assert (after.version, after.sync_status) == (asset.version, asset.sync_status)
    (check,) = checks.checks()
    assert (check.asset_id, check.cause.value, check.actor) == (asset.id, "person", "Dana Markou")


@pytest.mark.parametrize("answer", ["html", "drop_before"])
def test_no_answer_changes_neither_the_status_nor_the_age(checks, sandbox, answer):
    asset = checks.bought(read_at=OLD)
    sandbox.control.fault("getCoupon", answer, times=None)
    assert checks.ask(asset) == "no-answer"
    coupon = checks.coupon(asset)
    assert (coupon.status, coupon.read_at, coupon.absent_at) == ("Active", OLD, None)
    assert [check.result.value for check in checks.checks()] == ["no-answer"]


def test_what_bittitan_knows_no_more_is_not_listed_and_the_record_stays(checks, shop):
    asset = checks.gone(read_at=OLD)
    assert checks.ask(asset) == "not-listed"
    coupon = checks.coupon(asset)
    assert (coupon.at_bittitan, coupon.status, coupon.is_verified) == (At.NOT_LISTED, "Active", True)
    assert (coupon.absent_at, coupon.read_at > OLD) == (coupon.read_at, True)
    since = coupon.absent_at
    assert checks.ask(asset) == "not-listed"
    assert (checks.coupon(asset).absent_at, shop.status(asset.id)) == (since, "synchronized")


def test_a_coupon_whose_first_look_up_is_open_is_not_called_missing(checks):
    soon = datetime.now(UTC) + timedelta(hours=1)
    asset = checks.gone(confirmed_at=None, confirm_at=soon)
    assert checks.ask(asset) == "not-listed"
    assert checks.coupon(asset).absent_at is None


def test_a_mistyped_code_is_unrecognised(checks):
    asset = checks.unverified()
    assert checks.coupon(asset).at_bittitan is At.NEVER_ASKED
    assert checks.ask(asset) == "unrecognised"
    assert checks.coupon(asset).at_bittitan is At.UNRECOGNISED


def test_a_typed_code_that_is_as_ordered_becomes_verified(checks, sandbox, world):
    asset = checks.unverified("SBX-TYPED-0001")
    held = {"Code": "SBX-TYPED-0001", "Quantity": 25, "OrganizationId": world.partner.organization_id}
    sandbox.control.put_coupons([held | {"ExternalReference": "before"}])
    assert checks.ask(asset) == "active"
    coupon = checks.coupon(asset)
    assert (coupon.is_verified, coupon.is_confirmed, coupon.bittitan_id is not None) == (True, True, True)


@pytest.mark.parametrize("other", [{"Quantity": 3}, {"Quantity": 25, "OrganizationId": None}])
def test_a_typed_code_that_is_something_else_stays_unverified(checks, sandbox, world, other):
    asset = checks.unverified("SBX-TYPED-0001")
    held = {"Code": "SBX-TYPED-0001", "ExternalReference": "before", "OrganizationId": world.partner.organization_id}
    held |= other
    if held["OrganizationId"] is None:
        held |= {"OrganizationId": world.partner.organization_id, "ExternalReference": world.asset().reference}
    sandbox.control.put_coupons([held])
    assert checks.ask(asset) == ("differs" if "OrganizationId" in other else "active")
    coupon = checks.coupon(asset)
    assert (coupon.is_verified, coupon.is_confirmed, coupon.bittitan_id) == (False, False, None)


def test_another_coupon_under_the_same_id_changes_nothing(checks, sandbox):
    asset = checks.bought(read_at=OLD)
    checks.change(asset, bittitan_id="00000000-0000-4000-8000-00000000000f")
    assert checks.ask(asset) == "differs"
    assert checks.coupon(asset).read_at == OLD


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
def test_a_server_that_cannot_be_searched_is_asked_by_code(checks, sandbox, server):
    asset = checks.bought()
    sandbox.control.expire(checks.coupon(asset).code)
    assert checks.ask(asset) == "expired"


@pytest.mark.parametrize(
    "chosen, status", [("redeemed", "Redeemed"), ("expired", "Expired"), ("revoked", "Revoked"), ("gone", "Active")]
)
def test_a_person_confirms_what_became_of_it_and_it_stays_who_what_and_why(checks, shop, chosen, status):
    asset = checks.gone()
    checks.ask(asset)
    state(shop, asset, ConfirmedState(chosen))
    coupon = checks.coupon(asset)
    assert (coupon.at_bittitan, coupon.status, coupon.stated) == (At.NOT_LISTED, status, chosen)
    assert (coupon.stated_by, coupon.stated_why) == ("Dana Markou", "Its customer says so")
    entry = shop.audit(asset.id)[-1]
    assert (entry.act, entry.after, entry.why) == ("state", chosen, "Its customer says so")
    assert shop.asset(asset.id).version == asset.version


def test_what_bittitan_says_later_overrules_a_person_on_record(checks, shop, sandbox):
    asset = checks.bought()
    held = checks.coupon(asset)
    checks.change(asset, absent_at=OLD)
    state(shop, asset)
    assert checks.ask(asset) == "active"
    coupon, entry = checks.coupon(asset), shop.audit(asset.id)[-1]
    assert (coupon.at_bittitan, coupon.status, coupon.code) == (At.ACTIVE, "Active", held.code)
    assert (coupon.stated, coupon.stated_by, coupon.stated_why, coupon.absent_at) == (None, None, None, None)
    assert (entry.act, entry.before, entry.after) == ("overrule", "redeemed", "Active")


def test_nothing_is_confirmed_of_a_coupon_that_bittitan_shows(checks, shop):
    asset = checks.bought()
    with pytest.raises(Conflict, match="shows"):
        state(shop, asset)
    checks.change(asset, absent_at=OLD)
    with pytest.raises(StaleVersion):
        state(shop, asset, version=asset.version + 1)
    assert checks.coupon(asset).stated is None
