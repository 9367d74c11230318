"""A few kills and one crowd; all of them in tests/torture/test_billing.py."""

from random import Random

from tests.proof import invoices


def test_an_act_that_is_killed_has_happened_or_not(found, seed):
    invoices.kill_acts(found(), Random(seed), times=2)


def test_a_crowd_that_is_killed_leaves_no_gap(found, seed):
    invoices.issue_together(found(), Random(seed))
