"""Killed between any two statements of an issue, a credit and a run, on both databases."""

from random import Random

from tests.proof import invoices

STATEMENTS = 400
"""More than any of these acts has."""
CROWDS = 20


def test_crash_between_any_two_statements_of_an_invoice(found, seed, times):
    invoices.kill_acts(found(), Random(seed), times=times(STATEMENTS))


def test_a_crowd_that_is_killed_leaves_no_gap(found, seed, times):
    lot = Random(seed)
    for _ in range(times(CROWDS)):
        invoices.issue_together(found(), lot)
