"""Each rule is needed: without it the model finds a second purchase, a lost code or a “failed” that is none."""

import pytest

from tests.model.explore import explore
from tests.model.state import RULES, Rules, Setup

TWICE, FAILED, LOST = "bought twice", "called failed, and it may be bought", "it does not heal"
DROPPED, CANCELLED = "a code was read and dropped", "bought for a cancelled asset"
MISTAKES = {"mistakes": True, "lies": False, "faults": 2}
JUMPS = {"jumps": True, "faults": 4, "attempts": 1, "workers": 1, "conclude_within": 4}
FALSE = {"false_answers": True, "lies": False, "faults": 1}

WITHOUT = {
    "one_reference": (TWICE, MISTAKES),
    "one_open_attempt": (TWICE, {"purchases_only": True}),
    "intent_first": (TWICE, {}),
    "begin_compares_the_state": (TWICE, {}),
    "outcome_compares_the_send_number": (FAILED, {}),
    "valid_code_in_any_state": (DROPPED, {}),
    "unknown_is_not_failed": (FAILED, {}),
    "lease_over_is_unknown": (FAILED, {}),
    "earlier_unknown_taints": (FAILED, {"server": "idempotent"}),
    "slow_sender_writes_nothing": (FAILED, {}),
    "look_first": (TWICE, MISTAKES),
    "only_idempotent_is_sent_again": (TWICE, {}),
    "absence_needs_quarantine": (FAILED, {}),
    "absence_counts_from_its_beginning": (FAILED, {"attempts": 1}),
    "absence_needs_two_answers": (FAILED, {"attempts": 1, "workers": 1}),
    "failed_look_up_says_nothing": (FAILED, {"attempts": 1, "workers": 1}),
    "absence_in_time_only": (FAILED, {}),
    "jump_is_doubted": (FAILED, JUMPS),
    "doubt_forgets_an_absence": (FAILED, JUMPS),
    "attest_after_quarantine": (FAILED, {"server": "blind"}),
    "in_review_only_ours_is_attached": (LOST, {"faults": 1}),
    "nothing_is_attached_while_open": (LOST, {"faults": 1}),
    "nothing_is_cancelled_while_open": (CANCELLED, {}),
    "surplus_is_kept": (DROPPED, {"twins": True, "attempts": 1}),
    "code_and_status_together": (LOST, {"faults": 1}),
    "answer_is_confirmed": (LOST, FALSE),
    "look_wins_over_a_claim": ("stuck", FALSE),
    "false_code_is_looked_up": (FAILED, FALSE),
}


def test_every_rule_is_left_out_once():
    assert WITHOUT.keys() == set(RULES)


@pytest.mark.sqlite
@pytest.mark.parametrize("rule", RULES)
def test_the_model_sees_what_goes_wrong_without(rule):
    what, setup = WITHOUT[rule]
    violation = explore(Setup(**setup, rules=Rules().without(rule))).violation
    assert violation is not None, f"without {rule} the model finds nothing: is the rule needed?"
    assert violation.what == what, str(violation)
