"""What people do with a code that BitTitan's answer only claimed: their wish is about their asset, not about whoever
the code turns out to belong to."""

import json
from dataclasses import replace

import pytest

from portal.core.errors import InvalidInput
from portal.models import AttemptState, CouponStanding, SyncStatus
from portal.providers.base import Issued
from portal.services import vendor
from portal.services.assets import corrections
from tests.services.desk import desk  # noqa: F401  the same desk
from tests.services.marks import (
    BLIND,
    KINDS,
    LATER,
    LOOKED_UP,
    is_right,
    issued,
    row,
)

pytestmark = pytest.mark.sqlite

MINUTES = (6, *LATER, 601, 61)


@pytest.fixture
def swapped(shop, work, sandbox):
    """Two orders; the answer to each carries these marks of the other's coupon."""

    def place(*marks: str) -> list[int]:
        ids = [shop.order(), shop.order()]
        made = [shop.asset(each) for each in ids]
        payer = {"OrganizationId": shop.world.partner.organization_id}
        its = [{"ExternalReference": each.reference, "Quantity": each.quantity} | payer for each in made]
        sandbox.control.put_coupons([each | {"Code": f"SBX-SWAP-{at}"} for at, each in enumerate(its)])
        held = [issued(shop, sandbox, each) for each in ids]
        for own, other, asset in zip(held, reversed(held), made, strict=True):
            body = json.dumps(own | {name: other[name] for name in marks})
            answer = {"status": 201, "body": body, "commit": False}
            sandbox.control.fault("createCoupon", "answer", asset.reference, **answer)
        work.drain()
        return ids

    return place


@pytest.fixture
def from_file(shop, world):
    """The id of an asset that came with this code, which nobody has verified."""

    def give(code: str) -> int:
        asset = world.asset("synchronized", code=code, attempts=0)
        unknown = {"confirmed_at": None, "bittitan_id": None, "reference": None}
        world.edit(row(shop, code), is_verified=False, **unknown)
        return asset.id

    return give


@pytest.fixture
def vague(sandbox):
    """A check of the code tells that it is spent, and not what it holds, as the contract allows."""

    def tell(code: str) -> None:
        told = {"Results": [{"Code": code, "Valid": False, "Reason": "Redeemed", "Coupon": None}]}
        answer = {"status": 200, "body": json.dumps(told), "commit": False}
        sandbox.control.fault("checkCoupons", "answer", times=None, **answer)

    return tell


@pytest.mark.parametrize("server", [BLIND])
def test_a_person_attaches_what_bittitan_answered_and_does_not_tell_of(shop, work, sandbox, order, server, vague):
    """B's answer carries A's code, and the check of that code does not say whose it is."""
    owner = order()
    code = shop.code(owner)
    vague(code)
    order(Code=code)
    work.confirm()
    assert shop.status(owner) == "review"
    with pytest.raises(InvalidInput, match="Tick"):
        shop.attach(owner, code)

    shop.attach(owner, code, unverified=True)

    kept = row(shop, code)
    assert (shop.status(owner), shop.code(owner)) == ("synchronized", code)
    assert (kept.asset_id, kept.is_verified) == (owner, False)


@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize("seconds", [0, 6])
def test_what_is_asked_for_one_asset_is_not_done_to_another(shop, work, sandbox, order, server, seconds):
    """A's answer is lost, B's answer carries A's code and Id, and B is cancelled before any look."""
    owner = shop.order()
    sandbox.control.fault("createCoupon", "drop_after", shop.asset(owner).reference)
    work.drain()
    held = issued(shop, sandbox, owner)
    other = order(Code=held["Code"], Id=held["Id"])
    shop.cancel(other)

    work.later(seconds)
    for each in MINUTES:
        work.confirm(each)

    assert is_right(shop, sandbox, owner)
    assert (issued(shop, sandbox, owner)["Status"], shop.asset(owner).is_active) == ("Active", True)
    assert shop.asset(other).is_active
    assert len(shop.alerts("revoke")) == 1


@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize("cancelled", [0, 1])
def test_a_swapped_code_is_not_revoked_where_it_belongs(shop, work, sandbox, swapped, server, cancelled):
    ids = swapped("Code", "Id")
    shop.cancel(ids[cancelled])

    for each in MINUTES:
        work.confirm(each)

    assert [is_right(shop, sandbox, each) for each in ids] == [True, True]
    assert [issued(shop, sandbox, each)["Status"] for each in ids] == ["Active", "Active"]
    assert [shop.asset(each).is_active for each in ids] == [True, True]


@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize("marks", [("Code",), ("Id",), ("Code", "Id")], ids="+".join)
def test_swapped_marks_go_back_to_their_owners(shop, work, sandbox, swapped, server, marks):
    ids = swapped(*marks)

    for each in MINUTES:
        work.confirm(each)

    assert [is_right(shop, sandbox, each) for each in ids] == [True, True]


@pytest.mark.parametrize("server", KINDS)
def test_a_code_that_is_only_claimed_is_shown_again(shop, work, order, server, from_file, vague):
    """A file gave it, another's answer carries it, and BitTitan does not tell what it holds."""
    given = from_file("SBX-FILE-0001")
    vague("SBX-FILE-0001")
    order(Code="SBX-FILE-0001")

    for each in MINUTES:
        work.confirm(each)

    assert (shop.code(given), row(shop, "SBX-FILE-0001").disputed_at) == ("SBX-FILE-0001", None)


@pytest.mark.parametrize("server", LOOKED_UP)
def test_what_is_listed_for_an_asset_comes_to_it_whatever_a_check_tells(
    shop, work, sandbox, answer_lost, server, from_file, vague
):  # fmt: skip
    held = issued(shop, sandbox, answer_lost)
    given = from_file(held["Code"])
    vague(held["Code"])

    for each in MINUTES:
        work.confirm(each)

    assert is_right(shop, sandbox, answer_lost)
    assert (shop.status(given), shop.code(given)) == ("review", None)


@pytest.mark.parametrize("server", KINDS)
def test_what_a_surplus_coupon_holds_is_what_bittitan_shows(shop, work, sandbox, order, desk, server):  # noqa: F811
    """The answer said three licences; a person attested before a look that nothing was bought."""
    asset_id = order(Quantity=3)
    shop.world.edit(shop.attempt(asset_id), state=AttemptState.REVIEW)
    shop.world.edit(shop.asset(asset_id), sync_status=SyncStatus.REVIEW)
    work.skip(700)
    shop.attest(asset_id)

    for each in MINUTES:
        work.confirm(each)

    kept = row(shop, issued(shop, sandbox, asset_id)["Code"])
    assert (kept.standing, kept.quantity, kept.is_confirmed) == (CouponStanding.SURPLUS, 25, True)
    assert server == BLIND or desk.compare().is_well
    desk.give(kept.id, asset_id)
    assert is_right(shop, sandbox, asset_id)


def test_what_was_given_from_the_register_is_confirmed(shop, work, sandbox, order, desk):  # noqa: F811
    asset_id = order(Quantity=3)
    shop.world.edit(shop.attempt(asset_id), state=AttemptState.REVIEW)
    shop.world.edit(shop.asset(asset_id), sync_status=SyncStatus.REVIEW)
    work.skip(700)
    shop.attest(asset_id)
    kept = row(shop, issued(shop, sandbox, asset_id)["Code"])

    desk.give(kept.id, asset_id)

    assert is_right(shop, sandbox, asset_id)
    assert row(shop, kept.code).quantity == 25


def test_a_withdrawn_code_of_somebody_elses_order_is_no_finding(shop, sandbox, desk, from_file):  # noqa: F811
    given = from_file("SBX-FILE-0001")
    payer = {"OrganizationId": shop.world.partner.organization_id}
    sandbox.control.put_coupons([payer | {"Code": "SBX-FILE-0001", "ExternalReference": "before", "Quantity": 1}])
    shop.act(given, corrections.withdraw, reason="Not this customer’s.")

    run = desk.compare()

    assert run.is_well
    assert shop.alerts("clearing") == []


@pytest.fixture
def attested(shop, work, sandbox):
    """The id of an asset whose coupon was made and whose answer was lost; a person attested that it was not bought."""
    sandbox.control.fault("createCoupon", "drop_after")
    asset_id = shop.order()
    work.drain()
    shop.world.edit(shop.attempt(asset_id), state=AttemptState.REVIEW, next_at=None)
    shop.world.edit(shop.asset(asset_id), sync_status=SyncStatus.REVIEW)
    work.skip(8 * 86400)
    shop.attest(asset_id)
    work.skip(60)
    shop.world.edit(shop.attempt(asset_id), next_at=None)
    return asset_id


@pytest.mark.parametrize("server", KINDS)
def test_what_was_bought_for_a_cancelled_asset_is_its_surplus(shop, work, sandbox, order, desk, attested, server):  # noqa: F811
    """B's answer has A's code, and A was cancelled: it stays neither with B nor with nobody."""
    shop.cancel(attested)
    held = issued(shop, sandbox, attested)
    other = order(Code=held["Code"], Id=held["Id"])

    for each in MINUTES:
        work.confirm(each)

    kept = row(shop, held["Code"])
    assert (kept.asset_id, kept.standing, kept.is_confirmed) == (attested, CouponStanding.SURPLUS, True)
    if server == BLIND:
        shop.attach(other, issued(shop, sandbox, other)["Code"])
    assert is_right(shop, sandbox, other)
    assert server == BLIND or desk.compare().is_well


@pytest.mark.parametrize("server", KINDS)
def test_a_late_answer_for_a_cancelled_asset_with_anothers_code_is_told(shop, work, order, attested, server):
    owner = order()
    work.confirm()
    shop.cancel(attested)
    with shop.app.app_context():
        told = vendor.provider().check_code(shop.code(owner))
        coupon = replace(told.coupon, reference=shop.asset(attested).reference)
        before = len(shop.alerts("review"))
    shop.answer(attested, Issued(coupon, told.trace))

    assert len(shop.alerts("review")) == before + 1
    assert shop.code(owner) is not None


def test_what_no_look_could_confirm_is_confirmed_minutes_after_bittitan_answers(shop, work, sandbox, order):
    """However long it was silent: not when a schedule that began with the purchase says so."""
    asset_id = order()
    sandbox.control.fault("*", "html", times=None)
    for seconds in (6, 3600, 7200, 86400):
        work.confirm(seconds)
    sandbox.control.clear_faults()

    work.confirm(301)

    assert is_right(shop, sandbox, asset_id)
