"""A purchase is made wrong."""

from tests.torture.mutants.mutant import SERVICES, mutant

_CLOSED = "transitions.close_attempt(attempt, AttemptState.NOT_SENT, now=now, cause=outcome.cause)\n"
_FAILED = '    transitions.set_status(lock(Asset, attempt.asset_id), SyncStatus.FAILED, by="worker")\n'

MUTANTS = {
    "a time-out is called failed": mutant(
        "portal/services/provisioning/outcomes.py",
        f"{SERVICES}/provisioning/test_sending.py::test_what_may_have_been_carried_out_is_looked_up_and_not_bought_again",
        "    return to_unknown(attempt, outcome.cause, outcome.message, now)\n\n\ndef _take",
        f"    {_CLOSED}{_FAILED}    return None\n\n\ndef _take",
    ),
    "a time-out is called not sent": mutant(
        "portal/providers/bittitan/wire.py",
        "tests/providers/test_wire.py::test_a_time_out_after_sending_is_unknown",
        "return Lost(cause, line.is_established, _since(started))",
        "return Lost(cause, False, _since(started))",
    ),
    "no quarantine": mutant(
        "portal/services/provisioning/lookups.py",
        f"{SERVICES}/provisioning/test_lookups.py::test_absent_twice_after_the_quarantine_is_failed",
        "is_past = began_at >= attempt.last_sent_at + timedelta(seconds=quarantine)",
        "is_past = True",
    ),
    "one absence is enough": mutant(
        "portal/services/provisioning/lookups.py",
        f"{SERVICES}/provisioning/test_lookups.py::test_absent_twice_after_the_quarantine_is_failed",
        "if began_at < attempt.absent_at + gap or began_at == attempt.absent_at:",
        "if False:",
    ),
    "a new reference for each attempt": mutant(
        "portal/services/provisioning/payload.py",
        f"{SERVICES}/provisioning/test_sending.py::test_the_reference_stays_and_the_payload_is_the_attempts_own",
        '"ExternalReference": asset.reference,\n            "Label": asset.reference,',
        '"ExternalReference": f"{asset.reference}-{asset.attempts_made}",\n'
        '            "Label": f"{asset.reference}-{asset.attempts_made}",',
    ),
    "no look before a press sends": mutant(
        "portal/services/provisioning/lookups.py",
        f"{SERVICES}/provisioning/test_lookups.py::test_a_press_looks_first_and_finds_what_was_bought",
        "return attempt.number > 1 or now > ordered_at + NEW",
        "return False",
    ),
    "no unique index": mutant(
        "migrations/versions/0005_create_provisioning.py",
        f"{SERVICES}/provisioning/test_constraints.py::test_the_database_itself_refuses_a_second_open_attempt",
        'unique=True,\n            sqlite_where=sa.text("state IN',
        'unique=False,\n            sqlite_where=sa.text("state IN',
    ),
    "an outcome counts for any send": mutant(
        "portal/services/provisioning/outcomes.py",
        f"{SERVICES}/provisioning/test_constraints.py::"
        "test_an_outcome_whose_commit_is_in_doubt_counts_once_whoever_sends_meanwhile",
        "if attempt.state is not AttemptState.SENDING or attempt.send_number != send_number:",
        "if attempt.state is not AttemptState.SENDING:",
    ),
    "an earlier unknown does not taint": mutant(
        "portal/services/provisioning/outcomes.py",
        f"{SERVICES}/provisioning/test_lookups.py::test_a_refusal_after_an_unknown_send_is_no_refusal",
        "    if attempt.is_tainted:\n",
        "    if False:\n",
    ),
    "the code is recorded in a second transaction": mutant(
        "portal/services/coupons/recording.py",
        f"{SERVICES}/provisioning/test_constraints.py::test_whichever_commit_was_the_last_code_and_status_are_together",
        "    db.session.add(row)\n    typed = attempt.staged",
        "    typed = attempt.staged",
        "            attempt.settled_by_id, attempt.reason = by.id, why\n",
        "            attempt.settled_by_id, attempt.reason = by.id, why\n"
        "    db.session.commit()\n    db.session.add(row)\n",
    ),
    "the adapter repeats a purchase": mutant(
        "portal/providers/bittitan/wire.py",
        "tests/providers/test_classification.py::"
        "test_an_answer_that_is_none_is_unknown_and_the_purchase_is_never_repeated",
        "HTTPAdapter(max_retries=0)",
        "HTTPAdapter(max_retries=__import__('urllib3').Retry(3, allowed_methods=None))",
    ),
    "redirects are followed": mutant(
        "portal/providers/bittitan/wire.py",
        "tests/providers/test_classification.py::test_a_redirect_is_unknown_and_never_followed",
        "allow_redirects=False",
        "allow_redirects=True",
    ),
    "the quantity is ignored": mutant(
        "portal/providers/base.py",
        "tests/providers/test_classification.py::test_a_coupon_that_is_not_as_asked_is_unknown",
        "asked = (self.reference, self.sku_id, self.organization_id, self.quantity)",
        "asked = (self.reference, self.sku_id, self.organization_id)",
        "(coupon.reference, coupon.sku_id, coupon.organization_id, coupon.quantity)",
        "(coupon.reference, coupon.sku_id, coupon.organization_id)",
    ),
    "a failed look-up is read as absent": mutant(
        "portal/providers/bittitan/client.py",
        f"{SERVICES}/provisioning/test_lookups.py::test_a_look_up_that_is_not_answered_uses_up_no_step_and_concludes_nothing",
        "                return answer\n            content, trace = answer\n            try:\n                page",
        "                return base.Answered((), answer.trace)\n            content, trace = answer\n"
        "            try:\n                page",
    ),
    "surplus is dropped": mutant(
        "portal/services/coupons/evidence.py",
        f"{SERVICES}/provisioning/test_lookups.py::test_found_twice_records_the_oldest_and_keeps_the_other_as_surplus",
        "    if not identity.is_unrecorded(coupon, asset.id, now, is_listed=is_listed):\n        return\n    why = ",
        "    return\n    why = ",
    ),
    "staged values are applied on failure": mutant(
        "portal/services/provisioning/outcomes.py",
        f"{SERVICES}/provisioning/test_sending.py::test_a_refusal_leaves_the_asset_as_it_was",
        "    attempt.next_at = None\n    transitions.set_status(",
        "    attempt.next_at = None\n    for name, value in attempt.staged.items():\n"
        "        setattr(lock(Asset, attempt.asset_id), name, value)\n"
        "    transitions.set_status(",
    ),
    "a save of a synchronized asset buys": mutant(
        "portal/services/assets/__init__.py",
        f"{SERVICES}/provisioning/test_presses.py::test_a_synchronized_asset_never_buys_again",
        "            if row.may_sync:\n",
        "            if row.is_active:\n",
    ),
    "a stale version is saved": mutant(
        "portal/services/assets/__init__.py",
        "tests/bss/test_asset.py::test_a_stale_save_shows_both_and_loses_nothing",
        "    if asset.version != version:\n",
        "    if False:\n",
    ),
    "a stale version buys": mutant(
        "portal/services/provisioning/reserve.py",
        f"{SERVICES}/provisioning/test_presses.py::test_a_stale_version_buys_nothing",
        "    if asset.version != version:\n",
        "    if False:\n",
    ),
    "after a silence all go at once": mutant(
        "portal/services/vendor/breaker.py",
        f"{SERVICES}/provisioning/test_shared_transactions.py::test_after_a_silence_one_of_many_goes_first",
        "row.probe_attempt_id in going or _goes_another",
        "_goes_another",
    ),
    "a bug on the way of a purchase is a line of the log": mutant(
        "portal/services/provisioning/purchase_errors.py",
        f"{SERVICES}/provisioning/test_purchase_errors.py::"
        "test_an_unexpected_exception_is_an_error_and_counted_and_each_is_bought_once",
        '    log.exception("%s after an unexpected exception", what)\n',
        '    log.info("%s after an unexpected exception", what, exc_info=True)\n',
    ),
    "a stale version attaches": mutant(
        "portal/services/coupons/attachments.py",
        f"{SERVICES}/coupons/test_attachments.py::test_a_stale_version_attaches_nothing",
        "    if asset.version != version:\n",
        "    if False:\n",
    ),
}
