"""Two assets claim one code or one Id, or BitTitan contradicts what it said before: docs/coupons.md has the table."""

import pytest

from portal.models import AttemptState, Coupon, CouponStanding, SyncStatus
from tests.services.desk import desk  # noqa: F401  the same desk
from tests.services.marks import (
    BLIND,
    FALSE_ID,
    LATER,
    LOOKED_UP,
    MASKED,
    PENDING,
    is_right,
    issued,
    row,
)

NOBODY = "00000000-0000-4000-8000-00000000000f"
"""An organisation that is none of ours."""


@pytest.mark.parametrize("server", LOOKED_UP)
@pytest.mark.parametrize("mark", ["Code", "Id", "both"])
@pytest.mark.parametrize("first", ["the loser", "the owner"])
def test_marks_of_another_asset_go_to_that_asset(shop, work, sandbox, order, server, mark, first):
    """A's answer is lost; B's answer carries A's code or Id. Whoever is looked up first, both end with their own."""
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    held = issued(shop, sandbox, owner)
    taken = {name: held[name] for name in (("Code", "Id") if mark == "both" else (mark,))}
    loser = order(**taken)
    assert (shop.status(owner), shop.status(loser)) == ("unconfirmed", "synchronized")

    if first == "the loser":
        work.confirm()
    else:
        work.later(15)
    for seconds in LATER:
        work.confirm(seconds)

    assert is_right(shop, sandbox, owner)
    assert is_right(shop, sandbox, loser)
    assert len(sandbox.control.purchases()) == 2


@pytest.mark.parametrize("server", LOOKED_UP)
@pytest.mark.parametrize("fields", [{}, {"Quantity": 3}], ids=["as asked", "not as asked"])
@pytest.mark.parametrize("claimed", [0, 1])
@pytest.mark.parametrize("first", ["the loser", "the owner"])
def test_each_of_two_coupons_goes_to_the_asset_it_was_bought_for(
    shop, work, sandbox, order, server, fields, claimed, first
):  # fmt: skip
    """A's answer is lost, and BitTitan made two; B's answer carries the code of one of them."""
    owner = shop.order()
    reference = shop.asset(owner).reference
    sandbox.control.fault("createCoupon", "drop_after", reference, copies=2)
    work.drain()
    sandbox.control.put_coupons([each | fields for each in sandbox.control.coupons(reference)])
    both = sorted(sandbox.control.coupons(reference), key=lambda coupon: coupon["Created"])
    loser = order(Code=both[claimed]["Code"])

    if first == "the loser":
        work.confirm()
    else:
        work.later(15)
    for seconds in LATER:
        work.confirm(seconds)

    assert [row(shop, coupon["Code"]).asset_id for coupon in both] == [owner, owner]
    assert all(row(shop, coupon["Code"]).is_confirmed for coupon in both)
    assert shop.code(owner) == (None if fields else both[0]["Code"])
    assert is_right(shop, sandbox, loser)


def test_where_two_claims_meet_nobody_sees_the_code_until_a_look_has_decided(shop, work, sandbox, order):
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    held = issued(shop, sandbox, owner)
    loser = order(Code=held["Code"])
    sandbox.control.fault("searchCoupons", "html", shop.asset(loser).reference, times=None)
    assert shop.code(loser) == held["Code"]

    work.confirm(15)

    assert (shop.status(loser), shop.code(loser)) == ("unconfirmed", None)


@pytest.mark.parametrize("server", [BLIND])
def test_on_a_blind_server_the_check_tells_whose_code_it_is(shop, work, sandbox, order, server):
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    assert shop.status(owner) == "review"
    held = issued(shop, sandbox, owner)
    loser = order(Code=held["Code"], Id=held["Id"])

    work.confirm()

    assert is_right(shop, sandbox, owner)
    assert (shop.status(loser), shop.code(loser)) == ("review", None)
    shop.attach(loser, issued(shop, sandbox, loser)["Code"])
    assert is_right(shop, sandbox, loser)


@pytest.fixture
def claim(shop, work, sandbox, order):
    """The owner's answer has a false Id and a masked code; the loser's answer has the owner's real code."""
    owner = order(**FALSE_ID, **MASKED)
    return owner, order(Code=issued(shop, sandbox, owner)["Code"])


@pytest.mark.parametrize("server", [BLIND])
def test_what_another_claims_comes_to_an_asset_once_its_own_code_has_proved_false(shop, work, sandbox, claim, server):
    owner, loser = claim

    for seconds in (6, *LATER):
        work.confirm(seconds)

    assert is_right(shop, sandbox, owner)
    assert shop.status(loser) == "review"
    shop.attach(loser, issued(shop, sandbox, loser)["Code"])
    assert is_right(shop, sandbox, loser)


@pytest.mark.parametrize("server", [BLIND])
def test_a_person_attaches_what_another_asset_only_claims(shop, work, sandbox, claim, server):
    owner, loser = claim
    held = issued(shop, sandbox, owner)["Code"]
    work.confirm()
    shop.world.edit(row(shop, held), confirm_at=None)
    work.confirm(601)
    assert (shop.status(owner), row(shop, held).asset_id) == ("review", loser)

    shop.attach(owner, held)

    assert is_right(shop, sandbox, owner)
    assert (shop.status(loser), shop.code(loser)) == ("review", None)


def test_an_answer_with_a_confirmed_code_of_another_changes_nothing_there(shop, work, sandbox, order, later):
    owner = order()
    work.confirm()
    held = issued(shop, sandbox, owner)

    other = order(Code=held["Code"], Id=held["Id"])

    assert (shop.code(owner), shop.status(other)) == (held["Code"], "unconfirmed")
    later()
    assert is_right(shop, sandbox, owner)
    assert is_right(shop, sandbox, other)


def test_one_code_under_two_references_is_for_a_person(shop, work, sandbox, order, lost):
    """BitTitan contradicts itself: the confirmed code stays where it is."""
    owner = order()
    work.confirm()
    held = issued(shop, sandbox, owner)
    fields = {"ExternalReference": shop.asset(lost).reference, "Code": held["Code"], "Id": held["Id"]}
    made = shop.asset(lost)
    sandbox.control.put_coupons(
        [{"Code": "SBX-TWIN-0001", "ExternalReference": made.reference, "OrganizationId": held["OrganizationId"],
          "Quantity": made.quantity}]
    )  # fmt: skip
    sandbox.control.fault("searchCoupons", "lie", made.reference, times=None, fields=fields)

    work.later(15)

    assert (shop.status(lost), shop.attempt(lost).cause) == ("review", "CodeKnown")
    assert shop.code(owner) == held["Code"]
    assert len(shop.alerts("review")) == 1


def test_one_id_with_two_codes_keeps_both(shop, work, sandbox, order, lost):
    """BitTitan contradicts itself: no code is lost, and a person is told."""
    owner = order()
    work.confirm()
    held, made = issued(shop, sandbox, owner), shop.asset(lost)
    sandbox.control.put_coupons(
        [{"Code": "SBX-TWIN-0001", "ExternalReference": made.reference, "OrganizationId": held["OrganizationId"],
          "Quantity": made.quantity}]
    )  # fmt: skip
    sandbox.control.fault("searchCoupons", "lie", made.reference, times=None, fields={"Id": held["Id"]})

    work.later(15)

    assert (shop.code(owner), shop.code(lost)) == (held["Code"], "SBX-TWIN-0001")
    assert (row(shop, held["Code"]).bittitan_id, row(shop, "SBX-TWIN-0001").bittitan_id) == (held["Id"], None)
    assert len(shop.alerts("code")) == 1


def test_the_daily_comparison_compares_codes(shop, work, sandbox, order, desk, later):  # noqa: F811
    asset_id = order(**PENDING)

    run = desk.compare()

    assert run.kinds == ["differs"]
    assert len(shop.alerts("clearing")) == 1
    later()
    assert is_right(shop, sandbox, asset_id)
    assert desk.compare().is_well


@pytest.mark.parametrize("fields", [{"Code": "SBX-ANOTHER-0001"}, {"Quantity": 3}, {"OrganizationId": NOBODY}])
def test_the_comparison_names_a_confirmed_code_that_bittitan_lists_otherwise(
    shop, work, sandbox, order, desk, fields  # noqa: F811
):  # fmt: skip
    asset_id = order()
    work.confirm()
    code = shop.code(asset_id)
    sandbox.control.fault("searchCoupons", "lie", times=None, fields=fields)

    run = desk.compare()

    assert run.kinds == ["differs"]
    assert len(shop.alerts("clearing")) == 1
    assert (shop.code(asset_id), shop.status(asset_id)) == (code, SyncStatus.SYNCHRONIZED.value)


@pytest.mark.parametrize("fields", [{"Quantity": 3}, {"OrganizationId": NOBODY}])
def test_the_comparison_names_what_is_not_listed_and_told_otherwise(shop, work, sandbox, order, desk, fields):  # noqa: F811
    asset_id = order()
    work.confirm()
    sandbox.control.fault("searchCoupons", "lie_search", times=None)
    sandbox.control.fault("getCoupon", "lie", times=None, fields=fields)

    run = desk.compare()

    assert run.kinds == ["differs"]
    assert shop.status(asset_id) == SyncStatus.SYNCHRONIZED.value


def test_a_code_that_was_given_without_an_id_gets_the_one_that_is_listed(shop, world, sandbox, desk):  # noqa: F811
    """So that it can be revoked."""
    asset = world.asset("synchronized")
    kept = shop.all(Coupon, Coupon.asset_id == asset.id)[0]
    world.edit(kept, bittitan_id=None, reference=None)
    held = {"Quantity": asset.quantity, "OrganizationId": world.partner.organization_id, "ExternalReference": "before"}
    days = {"Created": kept.issued_at.isoformat(), "ExpireDate": kept.expires_at.isoformat()}
    sandbox.control.put_coupons([held | days | {"Code": kept.code}])

    assert desk.compare().is_well

    (listed,) = sandbox.control.coupons("before")
    kept = row(shop, kept.code)
    assert (kept.bittitan_id, kept.is_confirmed, kept.asset_id) == (listed["Id"], True, asset.id)


def test_the_database_keeps_a_confirmed_code_with_its_asset(shop, work, order):
    asset_id = order()
    work.confirm()
    kept = row(shop, shop.code(asset_id))
    with pytest.raises(Exception, match="stays with its asset"):
        shop.world.edit(kept, standing=CouponStanding.WITHDRAWN)


@pytest.mark.parametrize("is_imported", [True, False])
def test_an_unverified_code_goes_to_the_asset_it_was_issued_for(shop, work, sandbox, world, answer_lost, is_imported):
    """Nobody could ask BitTitan about it when it was given; now it lists the code for another asset."""
    held = issued(shop, sandbox, answer_lost)
    if is_imported:
        given = world.asset("synchronized", code=held["Code"], attempts=0)
    else:
        given = world.asset("synchronized", code=held["Code"], attempt={"state": AttemptState.REFUSED})
    kept = row(shop, held["Code"])
    world.edit(kept, is_verified=False, confirmed_at=None, bittitan_id=None, reference=None)

    for seconds in LATER:
        work.confirm(seconds)

    assert is_right(shop, sandbox, answer_lost)
    assert (shop.status(given.id), shop.code(given.id)) == ("review" if is_imported else "failed", None)
    assert len(shop.alerts("code")) == 1
