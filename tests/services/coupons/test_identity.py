"""Reference, Id and code of a coupon disagree, come late, or were false at first: docs/coupons.md has the table."""

from datetime import date

import pytest

from portal.models import AttemptState, CouponStanding
from tests.services.marks import (
    BLIND,
    FALSE_ID,
    KINDS,
    LATER,
    LOOKED_UP,
    MASKED,
    PENDING,
    is_right,
    issued,
    row,
)

pytestmark = pytest.mark.sqlite

OTHER_SKU = {"ProductSkuId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1b02"}
OTHER_PAYER = {"OrganizationId": "00000000-0000-4000-8000-00000000000e"}
OTHER_END = {"ExpireDate": "2031-01-01T00:00:00Z"}


def test_the_first_look_after_a_purchase_confirms_it(shop, work, sandbox, order):
    asset_id = order()
    kept = row(shop, shop.code(asset_id))
    assert (kept.is_confirmed, kept.is_being_confirmed) == (False, True)

    work.confirm()

    kept = row(shop, shop.code(asset_id))
    assert (kept.is_confirmed, kept.is_being_confirmed) == (True, False)
    assert shop.alerts("code") == []


def test_many_are_confirmed_from_one_list(shop, work, sandbox, order):
    ids = [shop.order() for _ in range(25)]
    work.drain()
    sandbox.control.fault("getCoupon", "refuse", code="InternalError", times=None)
    searched = len(sandbox.control.used_faults())
    sandbox.control.fault("searchCoupons", "answer", shop.asset(ids[0]).reference, status=500, commit=False)

    work.confirm()

    assert {row(shop, shop.code(each)).is_confirmed for each in ids} == {True}
    assert len(sandbox.control.used_faults()) == searched, "no coupon was asked for by itself"


@pytest.mark.parametrize("server", KINDS)
def test_a_coupon_is_confirmed_on_every_kind_of_server(shop, work, order, server):
    asset_id = order()
    work.confirm()
    assert row(shop, shop.code(asset_id)).is_confirmed


@pytest.mark.parametrize("server", LOOKED_UP)
@pytest.mark.parametrize("unlike", [{"Quantity": 3}, OTHER_SKU, OTHER_PAYER, OTHER_END])
def test_an_answer_that_contradicts_itself_is_settled_by_the_look(shop, work, sandbox, order, later, server, unlike):
    asset_id = order(**MASKED, **unlike)
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("unconfirmed", ["review"])

    later()

    assert is_right(shop, sandbox, asset_id)
    assert row(shop, MASKED["Code"]).standing is CouponStanding.WITHDRAWN
    assert len(sandbox.control.purchases()) == 1


@pytest.mark.parametrize("server", [BLIND])
@pytest.mark.parametrize("unlike", [{"Quantity": 3}, {}])
def test_on_a_blind_server_a_person_attaches_the_right_code(shop, work, sandbox, order, later, server, unlike):
    asset_id = order(**MASKED, **unlike)
    later()
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("review", ["review"])

    shop.attach(asset_id, issued(shop, sandbox, asset_id)["Code"])

    assert is_right(shop, sandbox, asset_id)
    assert row(shop, MASKED["Code"]).standing is CouponStanding.WITHDRAWN


@pytest.mark.parametrize("server", LOOKED_UP)
@pytest.mark.parametrize("false", [MASKED, PENDING, FALSE_ID, MASKED | FALSE_ID], ids=str)
def test_a_false_code_or_id_is_replaced_by_what_bittitan_lists(shop, work, sandbox, order, later, server, false):
    asset_id = order(**false)
    assert shop.status(asset_id) == "synchronized"

    work.confirm()
    later()

    assert is_right(shop, sandbox, asset_id)
    if "Code" in false:
        assert row(shop, false["Code"]).standing is CouponStanding.WITHDRAWN
        assert len(shop.alerts("code")) == 1
    assert len(sandbox.control.purchases()) == 1


def test_a_false_code_is_replaced_on_record(shop, work, sandbox, order):
    asset_id = order(**PENDING)
    sandbox.control.fault("searchCoupons", "lie_search", times=1)  # its Id tells all the same

    work.confirm()

    assert is_right(shop, sandbox, asset_id)
    statuses = [(entry.act, entry.after) for entry in shop.audit(asset_id) if entry.field == "sync_status"]
    assert statuses[-2:] == [("confirm", "unconfirmed"), ("sync", "synchronized")]
    assert "withdraw" in [entry.act for entry in shop.audit(asset_id)]


def test_a_false_code_that_came_late_is_looked_up_and_never_called_failed(shop, work, sandbox, order):
    """The attempt that it answers had been given up: the newest one was never sent, or ended otherwise."""
    asset_id = order(**PENDING)
    shop.world.edit(shop.attempt(asset_id), state=AttemptState.NOT_EXECUTED)

    work.confirm()

    assert is_right(shop, sandbox, asset_id)
    assert "failed" not in [entry.after for entry in shop.audit(asset_id)]


def test_a_purchase_that_was_answered_and_never_made_is_for_a_person(shop, work, sandbox, order):
    asset_id = order()
    made = issued(shop, sandbox, asset_id)
    other = shop.order()
    shop.world.edit(shop.asset(other), purchased_on=date(2026, 1, 1), redeem_by=date(2027, 1, 1))
    body = made | {
        "Code": "SBX-NEVER-MADE-0001",
        "Id": FALSE_ID["Id"],
        "ExternalReference": shop.asset(other).reference,
    }
    body = str(body).replace("'", '"').replace("None", "null")
    sandbox.control.fault(
        "createCoupon", "answer", shop.asset(other).reference, status=201, body=body, commit=False
    )  # fmt: skip
    work.drain()
    assert shop.status(other) == "synchronized"
    assert shop.asset(other).redeem_by > date(2027, 1, 1)

    for seconds in (*LATER, 901, 61, 61):
        work.confirm(seconds)

    assert (shop.status(other), shop.code(other), shop.standings(other)) == ("review", None, ["review"])
    after = shop.asset(other)
    assert (after.issued_at, after.redeem_by) == (None, date(2027, 1, 1))


def test_an_answer_under_another_reference_is_kept_and_found_again(shop, work, sandbox, order, later):
    asset_id = order(ExternalReference="somebody-elses-reference-1")
    assert (shop.status(asset_id), shop.standings(asset_id)) == ("unconfirmed", ["review"])
    later()
    assert is_right(shop, sandbox, asset_id)


@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize("status", ["Revoked", "Redeemed", "Expired", "revoked"])
def test_a_coupon_that_is_spent_when_it_is_issued_is_not_as_asked(shop, order, server, status):
    asset_id = order(Status=status)
    wanted = "review" if server == BLIND else "unconfirmed"
    assert (shop.status(asset_id), shop.standings(asset_id)) == (wanted, ["review"])


def test_a_word_that_the_contract_does_not_know_is_no_fault(shop, order):
    assert shop.status(order(Status="Reserved")) == "synchronized"


def test_a_coupon_that_was_redeemed_before_the_first_look_is_confirmed_by_its_id(shop, work, sandbox, order):
    asset_id = order()
    sandbox.control.redeem(shop.code(asset_id))

    work.confirm()

    kept = row(shop, shop.code(asset_id))
    assert (kept.is_confirmed, kept.status, shop.status(asset_id)) == (True, "Redeemed", "synchronized")


def test_no_answer_confirms_nothing_and_hides_nothing(shop, work, sandbox, order):
    asset_id = order()
    sandbox.control.fault("*", "html", times=None)
    work.confirm()
    kept = row(shop, shop.code(asset_id))
    assert (kept.is_being_confirmed, shop.status(asset_id)) == (True, "synchronized")

    sandbox.control.clear_faults()
    work.confirm(61)
    assert row(shop, shop.code(asset_id)).is_confirmed


@pytest.mark.parametrize("server", [BLIND])
def test_a_code_of_which_bittitan_tells_only_that_it_is_spent_stays(shop, work, sandbox, order, server):
    """The contract allows a check to answer without the coupon."""
    asset_id = order()
    code = shop.code(asset_id)
    body = f'{{"Results": [{{"Code": "{code}", "Valid": false, "Reason": "Redeemed", "Coupon": null}}]}}'
    sandbox.control.fault("checkCoupons", "answer", status=200, body=body, commit=False, times=None)

    for seconds in (*LATER, 901, 61, 61):
        work.confirm(seconds)

    assert (shop.status(asset_id), shop.code(asset_id)) == ("synchronized", code)
    assert not row(shop, code).is_being_confirmed
