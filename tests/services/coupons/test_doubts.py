"""What is only claimed of a coupon takes nothing away from anybody: no code, no Id, no name, no money."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from portal.core import access, clock, errors
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Attempt, Coupon, CouponStanding, Exchange
from portal.providers.base import Issued
from portal.services import assets, vendor, watchdog
from portal.services.assets import corrections
from portal.services.coupons import identity, revocations
from portal.services.provisioning import lookups
from portal.services.reconciliation import restore_recovery
from tests.services.marks import BLIND, FALSE_ID, LATER, PENDING, is_right, issued, row

pytestmark = pytest.mark.sqlite


@pytest.fixture
def stuck(shop):
    def look() -> list[str]:
        with shop.app.app_context():
            return [each.sentence for each in watchdog.look()]

    return look


@pytest.fixture
def second(shop, sandbox):
    """`second(asset_id)`: BitTitan lists one more coupon under the asset's reference."""

    def put(asset_id: int, code: str = "SBX-SECOND-0001") -> None:
        asset = shop.asset(asset_id)
        made = {"Code": code, "ExternalReference": asset.reference, "Quantity": asset.quantity}
        sandbox.control.put_coupons([made | {"OrganizationId": shop.world.partner.organization_id}])

    return put


@pytest.fixture
def look_again(shop):
    def look(asset_id: int) -> None:
        with shop.app.app_context():
            lookups.look_again(shop.attempt(asset_id), vendor.provider())

    return look


def test_a_claimed_id_is_not_revoked_before_bittitan_has_shown_it(shop, work, sandbox, order):
    """A's answer is lost, B's answer carries A's Id, and B is cancelled at once: A's coupon stays good."""
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    other = order(Id=issued(shop, sandbox, owner)["Id"])

    shop.cancel(other)
    work.drain()

    assert issued(shop, sandbox, owner)["Status"] == "Active"
    assert shop.asset(other).is_active
    for seconds in LATER:
        work.confirm(seconds)
    assert is_right(shop, sandbox, owner)


def test_a_surplus_coupon_that_is_anothers_is_not_revoked(shop, work, sandbox, order):
    """A's answer is lost; B's, not as asked, has A's code and Id, stands in the register and is revoked there."""
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    sandbox.control.fault("searchCoupons", "html", shop.asset(owner).reference, times=2)
    held = issued(shop, sandbox, owner)
    other = order(Code=held["Code"], Id=held["Id"], Quantity=3)
    work.later(15)
    claimed = row(shop, held["Code"])
    assert (claimed.standing, claimed.asset_id, shop.status(owner)) == (CouponStanding.SURPLUS, other, "unconfirmed")

    with shop.app.app_context():
        revocations.request_revocation(claimed, by=shop.dana, reason="Not as asked.")
    work.drain()

    assert issued(shop, sandbox, owner)["Status"] == "Active"
    for seconds in LATER:
        work.confirm(seconds)
    assert issued(shop, sandbox, owner)["Status"] == "Active"
    assert (is_right(shop, sandbox, owner), is_right(shop, sandbox, other)) == (True, True)


def test_a_code_that_proves_false_while_it_is_revoked_leaves_a_good_asset(shop, work, sandbox, order, later):
    asset_id = order(**PENDING)
    shop.cancel(asset_id)
    later()
    assert is_right(shop, sandbox, asset_id)
    assert shop.asset(asset_id).is_active
    assert len(shop.alerts("revoke")) == 1


def test_what_was_staged_is_written_once(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "refuse", code="InvalidRequest")
    asset_id = shop.order()
    work.drain()
    sandbox.control.fault("createCoupon", "lie", shop.asset(asset_id).reference, fields=PENDING)
    shop.save(asset_id, name="Staged")
    work.drain()
    assert (shop.status(asset_id), shop.asset(asset_id).name) == ("synchronized", "Staged")
    shop.save(asset_id, name="Renamed since")

    work.confirm()

    assert is_right(shop, sandbox, asset_id)
    assert shop.asset(asset_id).name == "Renamed since"


def test_a_redeemed_code_is_not_false_because_another_is_listed(shop, work, sandbox, order, second, look_again):
    """What was redeemed is not listed. The customer has used it: the other one is not given to anybody."""
    asset_id = order()
    held = shop.code(asset_id)
    sandbox.control.redeem(held)
    second(asset_id)

    look_again(asset_id)
    work.confirm()

    assert shop.code(asset_id) == held
    assert row(shop, "SBX-SECOND-0001").standing is CouponStanding.SURPLUS


def test_a_confirmed_coupon_of_the_register_keeps_its_id(shop, work, sandbox, order, lost, second, look_again):
    asset_id = order()
    work.confirm()
    second(asset_id)
    look_again(asset_id)
    kept = row(shop, "SBX-SECOND-0001")
    assert (kept.standing, kept.is_confirmed) == (CouponStanding.SURPLUS, True)
    second(lost, "SBX-TWIN-0001")
    sandbox.control.fault(
        "searchCoupons", "lie", shop.asset(lost).reference, times=None, fields={"Id": kept.bittitan_id}
    )  # fmt: skip

    work.later(15)

    after = row(shop, "SBX-SECOND-0001")
    assert (after.standing, after.bittitan_id) == (CouponStanding.SURPLUS, kept.bittitan_id)
    assert shop.code(lost) == "SBX-TWIN-0001"
    assert len(shop.alerts("code")) == 1


def test_a_withdrawn_coupon_that_bittitan_lists_is_not_accounted_for(shop, work, order, second, look_again):
    """After a restore."""
    asset_id = order()
    second(asset_id)
    look_again(asset_id)
    with shop.app.app_context():
        with transaction():
            row_of_it = lock(Coupon, row(shop, "SBX-SECOND-0001").id)
            identity.withdraw(row_of_it, identity.NOT_LISTED)
        told = vendor.provider().read_coupon(row_of_it.bittitan_id)
        assert restore_recovery._keep_all([told]) == 0

    assert row(shop, "SBX-SECOND-0001").standing is CouponStanding.SURPLUS


def test_a_code_of_two_references_leaves_nothing_stuck(shop, work, sandbox, order, lost, second, stuck):
    owner = order()
    work.confirm()
    held = issued(shop, sandbox, owner)
    fields = {"ExternalReference": shop.asset(lost).reference, "Code": held["Code"], "Id": held["Id"]}
    second(lost)
    sandbox.control.fault("searchCoupons", "lie", shop.asset(lost).reference, times=None, fields=fields)
    work.later(15)
    assert (shop.status(lost), shop.attempt(lost).cause) == ("review", "CodeKnown")

    work.later(400)

    assert stuck() == []


def test_a_purchase_that_was_answered_is_never_called_failed(shop, work, sandbox):
    """B's answer had A's code, which goes to A, and nothing is listed for B: a person has to know."""
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    other = shop.order()
    reference = shop.asset(other).reference
    body = json.dumps(issued(shop, sandbox, owner) | {"ExternalReference": reference})
    sandbox.control.fault("createCoupon", "answer", reference, status=201, body=body, commit=False)
    work.drain()
    assert shop.status(other) == "synchronized"

    for seconds in (*LATER, 901, 61, 61):
        work.confirm(seconds)

    assert is_right(shop, sandbox, owner)
    assert shop.status(other) == "review"


@pytest.mark.parametrize("server", [BLIND])
def test_a_late_answer_with_the_code_of_another_ends_a_no(shop, work, sandbox, order, server):
    """A person attested that nothing was bought; BitTitan's answer says otherwise."""
    owner = order()
    sandbox.control.fault("createCoupon", "drop_after")
    asset_id = order()
    work.skip(700)
    shop.attest(asset_id)
    assert shop.status(asset_id) == "failed"
    with shop.app.app_context():
        told = vendor.provider().check_code(shop.code(owner))
        coupon = replace(told.coupon, reference=shop.asset(asset_id).reference)
    shop.answer(asset_id, Issued(coupon, told.trace))

    assert shop.status(asset_id) == "review"


def test_evidence_that_is_not_listed_yet_is_not_withdrawn(shop, work, sandbox, order):
    """BitTitan knows another one by now. That it does not know this one counts only after the quarantine."""
    asset_id = order(Code="SBX-NOT-YET-0001", Quantity=3, **FALSE_ID)
    assert shop.standings(asset_id) == ["review"]
    for seconds in (15, 1, 1):
        work.confirm(seconds)
    assert is_right(shop, sandbox, asset_id)
    assert row(shop, "SBX-NOT-YET-0001").standing is CouponStanding.SURPLUS

    work.confirm(601)

    assert row(shop, "SBX-NOT-YET-0001").standing is CouponStanding.WITHDRAWN


def test_what_is_listed_with_fewer_licences_is_not_confirmed(shop, work, sandbox, order):
    """The answer said that it is as asked."""
    asset_id = order()
    for question in ("searchCoupons", "getCoupon", "checkCoupons"):
        sandbox.control.fault(question, "lie", times=None, fields={"Quantity": 3})

    work.confirm()

    assert (shop.status(asset_id), shop.attempt(asset_id).cause) == ("review", "NotAsAsked")
    [kept] = shop.all(Coupon, Coupon.asset_id == asset_id)
    assert (kept.standing, kept.quantity, kept.is_confirmed) == (CouponStanding.REVIEW, 3, True)
    assert len(shop.alerts("review")) == 1


def test_a_disputed_code_is_not_revealed(shop, order):
    asset_id = order()
    coupon_id = row(shop, shop.code(asset_id)).id
    with shop.app.app_context(), transaction():
        identity.dispute(lock(Coupon, coupon_id), clock.now())
    with shop.app.app_context(), pytest.raises(errors.Conflict):
        assets.reveal(access.visible_asset(shop.dana, asset_id), by=shop.dana)


def test_what_was_claimed_of_a_withdrawn_code_says_nothing_where_it_is_typed(shop, work, sandbox, order):
    asset_id = order(Code="CLAIMED-7")
    work.confirm()
    assert row(shop, "CLAIMED-7").standing is CouponStanding.WITHDRAWN
    sandbox.control.fault("createCoupon", "refuse", code="InvalidRequest")
    other = shop.order()
    work.drain()
    before = shop.asset(other)
    sandbox.control.fault("checkCoupons", "html")

    shop.attach(other, "CLAIMED-7", unverified=True)

    kept, after = row(shop, "CLAIMED-7"), shop.asset(other)
    assert (kept.asset_id, kept.reference, kept.bittitan_id, kept.is_verified) == (other, None, None, False)
    assert (after.redeem_by, after.issued_at) == (before.redeem_by, None)
    assert is_right(shop, sandbox, asset_id)


def test_a_code_from_a_file_that_was_withdrawn_leaves_nothing_stuck(shop, world, stuck):
    """Nothing was ever sent for the asset: there is no attempt, and a person attests that."""
    [asset] = world.assets(1, "synchronized")
    [coupon] = shop.all(Coupon, Coupon.asset_id == asset.id)
    world.edit(coupon, is_verified=False, bittitan_id=None, reference=None, confirmed_at=None)
    world.edit(asset, imported_at=datetime.now(UTC), attempts_made=0)
    with world.transaction():
        db.session.execute(delete(Exchange))
        db.session.execute(delete(Attempt))

    shop.act(asset.id, corrections.withdraw, reason="Mistyped.")

    assert (shop.status(asset.id), stuck()) == ("review", [])
    shop.attest(asset.id)
    assert shop.status(asset.id) == "failed"
