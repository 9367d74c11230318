"""What is known of a coupon, an asset or BitTitan is made wrong."""

from tests.torture.mutants.mutant import SERVICES, mutant

MUTANTS = {
    "an Id is taken from nobody": mutant(
        "portal/services/coupons/identity.py",
        f"{SERVICES}/coupons/test_identity.py::test_an_answer_that_contradicts_itself_is_settled_by_the_look",
        "    release_id(other, now)\n    return coupon.id\n",
        "    return None\n",
    ),
    "the first look compares Ids only": mutant(
        "portal/services/coupons/compare.py",
        f"{SERVICES}/coupons/test_identity.py::test_a_false_code_or_id_is_replaced_by_what_bittitan_lists",
        "    return coupon.code == row.code and (",
        "    return coupon.id == row.bittitan_id and (",
    ),
    "the comparison accepts a match by Id": mutant(
        "portal/services/reconciliation/matching/differences.py",
        f"{SERVICES}/coupons/test_claims.py::test_the_daily_comparison_compares_codes",
        "    if row.code != shown.code:\n",
        "    if False:\n",
        "    here = (row.code, row.bittitan_id,",
        "    here = (shown.code, row.bittitan_id,",
    ),
    "a claim on a code is no dispute": mutant(
        "portal/services/coupons/identity.py",
        f"{SERVICES}/coupons/test_claims.py::test_where_two_claims_meet_nobody_sees_the_code_until_a_look_has_decided",
        "    row.disputed_at = row.confirm_at = now\n",
        "    return\n",
    ),
    "what another asset claims is on record": mutant(
        "portal/services/coupons/identity.py",
        f"{SERVICES}/coupons/test_claims_and_acts.py::test_what_was_bought_for_a_cancelled_asset_is_its_surplus",
        "        dispute(row, now, is_shown=True)\n    return may_be_reassigned(row)\n",
        "        pass\n    return False\n",
    ),
    "what an asset with a false code is shown is forgotten": mutant(
        "portal/services/provisioning/confirmation.py",
        f"{SERVICES}/coupons/test_claims.py::test_what_another_claims_comes_to_an_asset_once_its_own_code_has_proved_false",
        "        _ask_again_soon(row)\n",
        "        pass\n",
    ),
    "a disputed code is shown until the look": mutant(
        "portal/services/provisioning/confirmation.py",
        f"{SERVICES}/coupons/test_claims.py::test_where_two_claims_meet_nobody_sees_the_code_until_a_look_has_decided",
        "                reopening.reopen(asset, row, by=WORKER, now=now)\n\n\ndef _without",
        "                pass\n\n\ndef _without",
    ),
    "a wish to revoke goes with the code": mutant(
        "portal/services/coupons/evidence.py",
        f"{SERVICES}/coupons/test_claims_and_acts.py::test_what_is_asked_for_one_asset_is_not_done_to_another",
        "        identity.end_revocation(row)\n",
        "        pass\n",
    ),
    "a spent coupon is as asked": mutant(
        "portal/providers/bittitan/client.py",
        f"{SERVICES}/coupons/test_identity.py::test_a_coupon_that_is_spent_when_it_is_issued_is_not_as_asked",
        " or coupon.is_spent or ",
        " or ",
    ),
    "a mark that cannot be kept does not matter": mutant(
        "portal/services/restore_guard/freeze.py",
        f"{SERVICES}/restore_guard/test_send_counter_file.py::test_where_the_mark_cannot_be_kept_nothing_is_sent_and_it_is_said",
        "        return True\n    if why:\n",
        "        return False\n    if why:\n",
    ),
    "an integer with a point is none": mutant(
        "portal/providers/bittitan/shapes.py",
        "tests/providers/test_documents.py::test_numbers_at_the_edge",
        "number != number.to_integral_value()",
        "number.as_tuple().exponent < 0",
    ),
    "an instant has digits for microseconds": mutant(
        "portal/providers/bittitan/shapes.py",
        "tests/providers/test_documents.py::test_instants_at_the_edge",
        r"(\.\d+)?(Z|",
        r"(\.\d{1,6})?(Z|",
    ),
    "a sign-in outlives the person who connects again": mutant(
        "portal/providers/bittitan/tickets.py",
        f"{SERVICES}/vendor/test_sign_ins.py::"
        "test_a_ticket_of_before_ends_when_the_sign_in_was_moved_to_another_organisation",
        "        return ticket.generation == self._expected.generation\n",
        "        return True\n",
    ),
    "the count for a release trusts BitTitan's clock": mutant(
        "portal/services/reconciliation/restore_recovery.py",
        f"{SERVICES}/vendor/test_vendor_clock.py::test_what_was_bought_since_a_backup_is_found_by_a_clock_a_day_behind",
        "since = None if counts else freeze.search_start(row, provider.clock_offset)",
        "since = row.lost_from and row.lost_from - freeze.MARGIN",
    ),
    "a deadline is told in our own time": mutant(
        "portal/providers/bittitan/client.py",
        f"{SERVICES}/vendor/test_vendor_clock.py::test_a_deadline_is_kept_whatever_bittitans_clock_says",
        "self._clock.theirs(order.not_after)",
        "order.not_after",
    ),
    "a release counts nothing": mutant(
        "portal/services/reconciliation/restore_recovery.py",
        f"{SERVICES}/vendor/test_vendor_clock.py::test_no_release_while_bittitan_lists_more_than_is_accounted_for",
        "        if accounted == listed:\n",
        "        if True:\n",
    ),
    "nobody looks for what is on no list": mutant(
        "portal/services/watchdog/__init__.py",
        f"{SERVICES}/watchdog/test_watchdog.py::test_an_attempt_that_nobody_goes_on_with_goes_on",
        "    findings = [*_unscheduled(now), *_inconsistent(),",
        "    findings = [*_inconsistent(),",
    ),
    "the watchdog schedules whatever is open": mutant(
        "portal/services/watchdog/__init__.py",
        f"{SERVICES}/watchdog/test_watchdog.py::test_an_open_attempt_of_what_is_settled_is_told_and_sends_nothing",
        '"It has its result, but one of its attempts is open.", None)',
        '"It has its result, but one of its attempts is open.", _schedule)',
        "        if not is_newest or attempt.state not in ALLOWED.get((asset.lifecycle, asset.sync_status), ()):\n",
        "        if False:\n",
    ),
    "a code goes to whoever typed it": mutant(
        "portal/services/coupons/owners.py",
        f"{SERVICES}/coupons/test_owners.py::test_a_code_goes_to_the_asset_it_was_issued_for_and_nowhere_else",
        "    if owner is not None and owner.id != asset.id:\n",
        "    if False:\n",
    ),
    "a surplus coupon goes elsewhere while its own asset needs it": mutant(
        "portal/services/coupons/surplus.py",
        "tests/services/coupons/test_surplus.py::test_a_coupon_goes_nowhere_else_while_its_own_asset_may_need_it",
        "        if each != asset.id and owners.needs_coupon(row):\n",
        "        if False:\n",
    ),
    "what was loaded is lost when somebody was faster": mutant(
        "portal/core/transaction.py",
        "tests/core/test_transaction.py::test_rows_that_were_loaded_keep_what_they_held",
        "        _as_they_were(loaded)\n",
        "",
    ),
    "a mistyped code is attached": mutant(
        "portal/services/coupons/attachments.py",
        f"{SERVICES}/coupons/test_attachments.py::test_a_code_that_bittitan_does_not_know_is_refused_whatever_is_ticked",
        "    if checked.is_no_code:\n",
        "    if False:\n",
    ),
    "a verified code is withdrawn": mutant(
        "portal/services/assets/corrections.py",
        f"{SERVICES}/assets/test_corrections.py::test_a_verified_code_is_neither_replaced_nor_withdrawn",
        "    if coupon.is_verified:\n",
        "    if False:\n",
    ),
    "what nobody knows is failed after a withdrawal": mutant(
        "portal/services/assets/corrections.py",
        f"{SERVICES}/assets/test_corrections.py::test_of_what_nobody_knows_a_withdrawal_leaves_a_review_with_a_way_out",
        "        if without_purchase([row.id]):\n",
        "        if True:\n",
    ),
    "all failed assets are told that nothing was charged": mutant(
        "portal/models/asset_rules.py",
        "tests/bss/test_claims.py::test_no_reader_is_told_what_is_not_known",
        "attempt is None or self.is_imported or self.sync_status",
        "attempt is None or self.sync_status",
    ),
    "what a person attested is told as known": mutant(
        "portal/models/attempt.py",
        "tests/bss/test_claims.py::test_no_reader_is_told_what_is_not_known",
        "return self.state is AttemptState.NOT_EXECUTED and self.settled_by_id is not None",
        "return False",
    ),
}
