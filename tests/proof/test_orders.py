"""A few kills and one crowd; all of them in tests/torture/test_orders.py."""

from random import Random

from tests.proof import orders


def test_an_act_that_is_killed_has_happened_or_not(found, seed):
    orders.kill_acts(found(), Random(seed), times=2)


def test_one_basket_submitted_by_many_is_one_order(found, seed):
    orders.submit_together(found(), Random(seed))
