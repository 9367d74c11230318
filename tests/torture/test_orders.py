"""Killed between any two statements of submit, approve, execute and cancel, on both databases."""

from random import Random

from tests.proof import orders

STATEMENTS = 60
"""More than any of these acts has."""
CROWDS = 20


def test_crash_between_any_two_statements_of_an_order(found, seed, times):
    orders.kill_acts(found(), Random(seed), times=times(STATEMENTS))


def test_one_basket_submitted_by_many_is_one_order(found, seed, times):
    lot = Random(seed)
    for _ in range(times(CROWDS)):
        orders.submit_together(found(), lot)
