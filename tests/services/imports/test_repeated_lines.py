"""Coupons that stand on several lines of a list, or in the same list twice."""

import pytest

from portal.models import Coupon, CouponUpload, ShownCoupon
from portal.services.imports import coupon_lists
from tests.services.imports.coupon_files import HEAD, MAILBOX, line


def test_the_same_file_twice_changes_nothing(compare, reconciler, shop, world):
    world.asset("synchronized")
    (coupon,) = shop.all(Coupon)
    text = "\n".join([HEAD, line(coupon), line(coupon)])
    first, second = compare(text), compare(text)
    assert (first.count("listed"), first.count("repeated")) == (1, 1)
    assert reconciler.findings(first) == reconciler.findings(second) == []
    assert shop.all(ShownCoupon) == []


@pytest.mark.parametrize("at_once", [1, 500])
def test_a_line_that_contradicts_an_earlier_one_is_not_taken(compare, shop, monkeypatch, at_once):
    """Whether both are read in one step or not."""
    monkeypatch.setattr(coupon_lists, "AT_ONCE", at_once)
    lines = [f"SBX-TWICE-0001;{MAILBOX};{quantity};;;;Active" for quantity in (5, 5, 7)]
    run = compare("\n".join([HEAD, *lines]))
    assert {name: run.count(name) for name in ("listed", "repeated", "refused")} == {
        "listed": 1, "repeated": 1, "refused": 1
    }  # fmt: skip
    (line, column, why) = run.refused[0]
    assert (line, column) == (4, "Coupon code")
    assert why.startswith("The same code stands on ")
    assert [row.quantity for row in shop.all(ShownCoupon)] == [5]
    seen = shop.all(CouponUpload)[-1].preview
    assert [seen[name] for name in ("lines", "taken", "repeated")] == [3, 1, 1]
    assert seen["refused"] == [[4, "Coupon code", "The same code stands on line 2, with other values."]]


def test_two_codes_with_one_id_are_not_taken(compare):
    head, one = HEAD.replace("Status", "Id"), "9f1c7a52-0d7e-4a55-9e0d-2f2a6f2a0001"
    run = compare("\n".join([head, *(f"SBX-IDTWO-000{n};{MAILBOX};5;;;;{one}" for n in (1, 2))]))
    assert run.refused == [[3, "Coupon Id", "The same Id stands on line 2, with another code."]]


def test_a_file_with_a_line_that_cannot_be_taken_is_not_whole(compare, reconciler, shop, world):
    """The line may be the one that is missing."""
    world.asset("synchronized")
    (coupon,) = shop.all(Coupon)
    assert reconciler.findings(compare(f"{HEAD}\n{line(coupon, quantity='many')}", is_whole=True)) == []
