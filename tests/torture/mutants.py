"""The portal, made wrong on purpose: what is changed where, and the test that must notice."""

from dataclasses import dataclass

PROVISIONING = "tests/services/provisioning"


@dataclass(frozen=True)
class Mutant:
    file: str
    changes: tuple[tuple[str, str], ...]
    """Text that stands there exactly once, and what stands there instead."""
    owner: str


def mutant(file: str, owner: str, *texts: str) -> Mutant:
    return Mutant(file, tuple(zip(texts[::2], texts[1::2], strict=True)), owner)


_CLOSED = "settling.close(attempt, AttemptState.NOT_SENT, now=now, cause=outcome.cause)\n"
_FAILED = "    settling.set_status(unit.fresh(Asset, attempt.asset_id), SyncStatus.FAILED, by=lookups.WORKER)\n"

MUTANTS = {
    "a time-out is called failed": mutant(
        "portal/services/provisioning/outcomes.py",
        f"{PROVISIONING}/test_sending.py::test_what_may_have_been_carried_out_is_looked_up_and_not_bought_again",
        "    return to_unknown(attempt, outcome.cause, outcome.message, now)\n\n\ndef _take",
        f"    {_CLOSED}{_FAILED}    return None\n\n\ndef _take",
    ),
    "a time-out is called not sent": mutant(
        "portal/providers/wire.py",
        "tests/providers/test_wire.py::test_a_time_out_after_sending_is_unknown",
        "return Lost(cause, line.is_established, _since(started))",
        "return Lost(cause, False, _since(started))",
    ),
    "no quarantine": mutant(
        "portal/services/provisioning/lookups.py",
        f"{PROVISIONING}/test_lookups.py::test_absent_twice_after_the_quarantine_is_failed",
        "is_past = began_at >= attempt.last_sent_at + timedelta(seconds=quarantine)",
        "is_past = True",
    ),
    "one absence is enough": mutant(
        "portal/services/provisioning/lookups.py",
        f"{PROVISIONING}/test_lookups.py::test_absent_twice_after_the_quarantine_is_failed",
        "if began_at < attempt.absent_at + gap or began_at == attempt.absent_at:",
        "if False:",
    ),
    "a new reference for each attempt": mutant(
        "portal/services/provisioning/payload.py",
        f"{PROVISIONING}/test_sending.py::test_the_reference_stays_and_the_payload_is_the_attempts_own",
        '"ExternalReference": asset.reference,\n            "Label": asset.reference,',
        '"ExternalReference": f"{asset.reference}-{asset.attempts_made}",\n'
        '            "Label": f"{asset.reference}-{asset.attempts_made}",',
    ),
    "no look before a press sends": mutant(
        "portal/services/provisioning/lookups.py",
        f"{PROVISIONING}/test_lookups.py::test_a_press_looks_first_and_finds_what_was_bought",
        "return attempt.number > 1 or now > ordered_at + NEW",
        "return False",
    ),
    "no unique index": mutant(
        "migrations/versions/0005_create_provisioning.py",
        f"{PROVISIONING}/test_constraints.py::test_the_database_itself_refuses_a_second_open_attempt",
        'unique=True,\n            sqlite_where=sa.text("state IN',
        'unique=False,\n            sqlite_where=sa.text("state IN',
    ),
    "an outcome counts for any send": mutant(
        "portal/services/provisioning/outcomes.py",
        f"{PROVISIONING}/test_constraints.py::"
        "test_an_outcome_whose_commit_is_in_doubt_counts_once_whoever_sends_meanwhile",
        "if attempt.state is not AttemptState.SENDING or attempt.send_number != send_number:",
        "if attempt.state is not AttemptState.SENDING:",
    ),
    "an earlier unknown does not taint": mutant(
        "portal/services/provisioning/outcomes.py",
        f"{PROVISIONING}/test_lookups.py::test_a_refusal_after_an_unknown_send_is_no_refusal",
        "    if attempt.is_tainted:\n",
        "    if False:\n",
    ),
    "the code is recorded in a second transaction": mutant(
        "portal/services/provisioning/settling.py",
        f"{PROVISIONING}/test_constraints.py::test_whichever_commit_was_the_last_code_and_status_are_together",
        "    db.session.add(row)\n    attempt = newest_attempt(asset)",
        "    attempt = newest_attempt(asset)",
        "    db.session.flush()  # a violated",
        "    db.session.commit()\n    db.session.add(row)\n    db.session.flush()  # a violated",
    ),
    "the adapter repeats a purchase": mutant(
        "portal/providers/wire.py",
        "tests/providers/test_classification.py::"
        "test_an_answer_that_is_none_is_unknown_and_the_purchase_is_never_repeated",
        "HTTPAdapter(max_retries=0)",
        "HTTPAdapter(max_retries=__import__('urllib3').Retry(3, allowed_methods=None))",
    ),
    "redirects are followed": mutant(
        "portal/providers/wire.py",
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
        "portal/providers/bittitan.py",
        f"{PROVISIONING}/test_lookups.py::test_a_look_up_that_is_not_answered_uses_up_no_step_and_concludes_nothing",
        "                return answer\n            content, trace = answer\n            try:\n                page",
        "                return base.Answered((), answer.trace)\n            content, trace = answer\n"
        "            try:\n                page",
    ),
    "surplus is dropped": mutant(
        "portal/services/provisioning/settling.py",
        f"{PROVISIONING}/test_lookups.py::test_found_twice_records_the_oldest_and_keeps_the_other_as_surplus",
        "    if identity.is_known(coupon):\n        return\n    why = ",
        "    return\n    why = ",
    ),
    "staged values are applied on failure": mutant(
        "portal/services/provisioning/outcomes.py",
        f"{PROVISIONING}/test_sending.py::test_a_refusal_leaves_the_asset_as_it_was",
        "    attempt.next_at = None\n    settling.set_status(",
        "    attempt.next_at = None\n    for name, value in attempt.staged.items():\n"
        "        setattr(unit.fresh(Asset, attempt.asset_id), name, value)\n        db.session.flush()\n"
        "    settling.set_status(",
    ),
    "a save of a synchronized asset buys": mutant(
        "portal/services/assets/__init__.py",
        f"{PROVISIONING}/test_presses.py::test_a_synchronized_asset_never_buys_again",
        "            if row.may_sync:\n",
        "            if row.is_active:\n",
    ),
    "a stale version is saved": mutant(
        "portal/services/assets/__init__.py",
        "tests/web/test_bss_asset.py::test_a_stale_save_shows_both_and_loses_nothing",
        "    if asset.version != version:\n",
        "    if False:\n",
    ),
    "a stale version buys": mutant(
        "portal/services/provisioning/__init__.py",
        f"{PROVISIONING}/test_presses.py::test_a_stale_version_buys_nothing",
        "    if asset.version != version:\n",
        "    if False:\n",
    ),
    "an Id is taken from nobody": mutant(
        "portal/services/provisioning/identity.py",
        f"{PROVISIONING}/test_marks.py::test_an_answer_that_contradicts_itself_is_settled_by_the_look",
        "    release_id(other, now)\n    return coupon.id\n",
        "    return None\n",
    ),
    "the first look compares Ids only": mutant(
        "portal/services/provisioning/confirming.py",
        f"{PROVISIONING}/test_marks.py::test_a_false_code_or_id_is_replaced_by_what_bittitan_lists",
        "    return coupon.code == row.code and (",
        "    return coupon.id == row.bittitan_id and (",
    ),
    "the comparison accepts a match by Id": mutant(
        "portal/services/reconciliation/comparing.py",
        f"{PROVISIONING}/test_claims.py::test_the_daily_comparison_compares_codes",
        "        elif _is_as_recorded(coupon, by_code) or",
        "        elif other is not None or",
        '            counts["open" if row.standing is',
        '            row = row or other\n            counts["open" if row.standing is',
    ),
    "a disputed code stays with the first claim": mutant(
        "portal/services/provisioning/identity.py",
        f"{PROVISIONING}/test_claims.py::test_marks_of_another_asset_go_to_that_asset",
        "    row.disputed_at = row.disputed_at or now\n    row.confirm_at = now\n",
        "    return\n",
    ),
    "a disputed code is shown until the look": mutant(
        "portal/services/provisioning/confirming.py",
        f"{PROVISIONING}/test_claims.py::test_where_two_claims_meet_nobody_sees_the_code_until_a_look_has_decided",
        "                reopening.reopen(asset, row, by=lookups.WORKER, now=now)\n\n\ndef _without",
        "                pass\n\n\ndef _without",
    ),
    "a spent coupon is as asked": mutant(
        "portal/providers/bittitan.py",
        f"{PROVISIONING}/test_marks.py::test_a_coupon_that_is_spent_when_it_is_issued_is_not_as_asked",
        " or coupon.is_spent or ",
        " or ",
    ),
    "a stale version attaches": mutant(
        "portal/services/assets/attaching.py",
        f"{PROVISIONING}/test_by_hand.py::test_a_stale_version_attaches_nothing",
        "    if asset.version != version:\n",
        "    if False:\n",
    ),
    "a mark that cannot be kept does not matter": mutant(
        "portal/services/provisioning/freezing.py",
        f"{PROVISIONING}/test_send_counter_file.py::test_where_the_mark_cannot_be_kept_nothing_is_sent_and_it_is_said",
        "        return True\n    if why:\n",
        "        return False\n    if why:\n",
    ),
    "an integer with a point is none": mutant(
        "portal/providers/shapes.py",
        "tests/providers/test_documents.py::test_each_coupon_as_asked_is_issued",
        "number != number.to_integral_value()",
        "number.as_tuple().exponent < 0",
    ),
    "an instant has digits for microseconds": mutant(
        "portal/providers/shapes.py",
        "tests/providers/test_documents.py::test_each_coupon_as_asked_is_issued",
        r"(\.\d+)?(Z|",
        r"(\.\d{1,6})?(Z|",
    ),
    "a sign-in outlives the person who connects again": mutant(
        "portal/providers/tickets.py",
        f"{PROVISIONING}/test_sign_ins.py::"
        "test_a_ticket_of_before_ends_when_the_sign_in_was_moved_to_another_organisation",
        "        return ticket.generation == self._told.generation\n",
        "        return True\n",
    ),
    "the count for a release trusts BitTitan's clock": mutant(
        "portal/services/reconciliation/searching.py",
        f"{PROVISIONING}/test_vendor_clock.py::test_what_was_bought_since_a_backup_is_found_by_a_clock_a_day_behind",
        "since = None if counts else freezing.listed_from(row, provider.clock_offset)",
        "since = row.lost_from and row.lost_from - freezing.MARGIN",
    ),
    "a deadline is told in our own time": mutant(
        "portal/providers/bittitan.py",
        f"{PROVISIONING}/test_vendor_clock.py::test_a_deadline_is_kept_whatever_bittitans_clock_says",
        "self._clock.theirs(order.not_after)",
        "order.not_after",
    ),
    "a release counts nothing": mutant(
        "portal/services/reconciliation/searching.py",
        f"{PROVISIONING}/test_vendor_clock.py::test_no_release_while_bittitan_lists_more_than_is_accounted_for",
        "        if accounted == listed:\n",
        "        if True:\n",
    ),
    "nobody looks for what is on no list": mutant(
        "portal/services/monitoring/watchdog.py",
        f"{PROVISIONING}/test_watchdog.py::test_an_attempt_that_nobody_goes_on_with_goes_on",
        "    found = [*_unscheduled(now), *_out_of_the_table(),",
        "    found = [*_out_of_the_table(),",
    ),
    "the watchdog schedules whatever is open": mutant(
        "portal/services/monitoring/watchdog.py",
        f"{PROVISIONING}/test_watchdog.py::test_an_open_attempt_of_what_is_settled_is_told_and_sends_nothing",
        '"It is settled, but an attempt of it is open.", None)',
        '"It is settled, but an attempt of it is open.", _schedule)',
        "        if not is_newest or attempt.state not in ALLOWED.get((asset.lifecycle, asset.sync_status), ()):\n",
        "        if False:\n",
    ),
    "a code goes to whoever typed it": mutant(
        "portal/services/assets/owners.py",
        f"{PROVISIONING}/test_owners.py::test_a_code_goes_to_the_asset_it_was_issued_for_and_nowhere_else",
        "    if owner is not None and owner.id != asset.id:\n",
        "    if False:\n",
    ),
    "a surplus coupon goes elsewhere while its own asset needs it": mutant(
        "portal/services/reconciliation/surplus.py",
        "tests/services/reconciliation/test_surplus.py::"
        "test_a_coupon_goes_nowhere_else_while_its_own_asset_may_need_it",
        "        if each != asset.id and owners.needs_it(row):\n",
        "        if False:\n",
    ),
    "what was loaded is lost when somebody was faster": mutant(
        "portal/services/unit.py",
        "tests/services/test_unit.py::test_rows_that_were_loaded_keep_what_they_held",
        "        _as_they_were(loaded)\n",
        "",
    ),
    "a mistyped code is attached": mutant(
        "portal/services/assets/attaching.py",
        f"{PROVISIONING}/test_by_hand.py::test_a_code_that_bittitan_does_not_know_is_refused_whatever_is_ticked",
        "    if _is_no_code(found):\n",
        "    if False:\n",
    ),
    "a verified code is withdrawn": mutant(
        "portal/services/assets/correcting.py",
        f"{PROVISIONING}/test_corrections.py::test_a_verified_code_is_neither_replaced_nor_withdrawn",
        "    if coupon.is_verified:\n",
        "    if False:\n",
    ),
    "what nobody knows is failed after a withdrawal": mutant(
        "portal/services/assets/correcting.py",
        f"{PROVISIONING}/test_corrections.py::test_of_what_nobody_knows_a_withdrawal_leaves_a_review_with_a_way_out",
        "return bool(asked) and all(",
        "return all(",
    ),
    "all failed assets are told that nothing was charged": mutant(
        "portal/models/asset_rules.py",
        "tests/web/test_claims.py::test_no_reader_is_told_what_is_not_known",
        "attempt is None or self.is_imported or self.sync_status",
        "attempt is None or self.sync_status",
    ),
    "what a person attested is told as known": mutant(
        "portal/models/attempt.py",
        "tests/web/test_claims.py::test_no_reader_is_told_what_is_not_known",
        "return self.state is AttemptState.NOT_EXECUTED and self.settled_by_id is not None",
        "return False",
    ),
    "a page asks BitTitan itself": mutant(
        "portal/bss/provisioning.py",
        "tests/web/test_requests.py::test_a_press_is_answered_at_once_and_the_page_follows",
        '    return asking.begin(FOLLOW, RequestKind.CHECK_CODE, asset.id, form, {"code": form.code.data})\n',
        "    form.carry_out(assets.check_code, asset, form.code.data, by=current_user)\n"
        "    return _attaching(asset, form, form.result)\n",
    ),
    "a request is done beside its act": mutant(
        "portal/services/vendor_requests/carrying_out.py",
        "tests/services/test_vendor_requests.py::test_what_a_killed_worker_left_is_taken_up_and_done_once",
        "with unit.along(act.unit, write) if act.unit else nullcontext():",
        "with nullcontext():",
    ),
    "the right is looked at on the page only": mutant(
        "portal/services/vendor_requests/carrying_out.py",
        "tests/services/test_vendor_requests.py::test_the_right_is_looked_at_when_it_is_carried_out",
        "            _check_right(by, act)\n",
        "",
    ),
    "what pages wait for stands in line": mutant(
        "portal/services/work/__init__.py",
        "tests/services/test_vendor_requests.py::test_a_silent_bittitan_keeps_only_the_threads_of_that_lane",
        "_DUE, _DUE_REQUESTS = _due(~_IS_REQUEST), _due(_IS_REQUEST)\n",
        "_DUE, _DUE_REQUESTS = _due(_ITEMS.c.id > 0), _due(_IS_REQUEST)\n",
    ),
    "any name is served": mutant(
        "portal/web/hosts.py",
        "tests/web/test_hosts.py::test_another_name_is_refused_before_anything_is_asked",
        "in ANYHOW or is_trusted(host, settings.trusted_hosts):",
        "in ANYHOW or host:",
    ),
    "a name that begins with a trusted one is served": mutant(
        "portal/web/hosts.py",
        "tests/web/test_hosts.py::test_a_host_is_trusted_by_its_whole_name",
        "found = _HOST.fullmatch(host.lower())",
        "found = _HOST.match(host.lower())",
    ),
    "what was sent ends a line of the log": mutant(
        "portal/log_lines.py",
        "tests/unit/test_log_lines.py::test_what_would_end_a_line_or_move_the_cursor_is_spelt_out",
        "return escaped(super().getMessage())",
        "return super().getMessage()",
    ),
    "forms are signed with SHA-1": mutant(
        "portal/web/signatures.py",
        "tests/web/test_cookies.py::test_every_signature_is_as_long_as_sha_256",
        "    Signer.default_digest_method = staticmethod(hashlib.sha256)",
        "    pass",
    ),
    "a filter is read whoever asks": mutant(
        "portal/services/lists/list_filters.py",
        "tests/web/test_readers_rights.py::test_what_is_the_staffs_is_as_if_it_did_not_exist",
        "return name not in _NEEDS or reader.may(_NEEDS[name])",
        "return True",
    ),
    "an order is read whoever asks": mutant(
        "portal/services/lists/list_sorts.py",
        "tests/web/test_readers_rights.py::test_what_is_the_staffs_is_as_if_it_did_not_exist",
        "return name in SORTS and reader.may(SORTS[name].needs)",
        "return name in SORTS",
    ),
    "a row is drawn for whoever asks": mutant(
        "portal/web/asset_list.py",
        "tests/web/test_readers_rights.py::test_a_row_is_drawn_for_its_reader",
        "return word in COLUMNS and _WHOSE.get(word, reader.account.kind) is reader.account.kind",
        "return word in COLUMNS",
    ),
    "quotation marks are enough": mutant(
        "portal/services/spreadsheets.py",
        "tests/web/test_exports.py::test_what_a_customer_writes_runs_in_no_file_of_the_staff",
        '_BEGIN = re.escape(",;|\\t\\r\\n\\x0b\\x0c\\x85\\u2028\\u2029")',
        '_BEGIN = re.escape("\\x85")',
    ),
    "each account has a budget of its own": mutant(
        "portal/services/users/limits.py",
        "tests/web/test_limits.py::test_many_accounts_of_a_tree_are_one",
        "return account.branch_id or account.id",
        "return account.id",
    ),
    "a budget is looked at before it is taken": mutant(
        "portal/services/users/limits.py",
        "tests/web/test_limits.py::test_many_at_once_and_in_all_processes_take_no_more",
        "        where=or_(is_over, Throttle.hits + cost <= most),\n",
        "",
    ),
    "revealing has no end": mutant(
        "portal/services/assets/__init__.py",
        "tests/web/test_limits.py::test_whoever_reveals_without_end_is_stopped_and_told",
        "    limits.check(limits.REVEALED, by=by)\n",
        "",
    ),
    "a stolen session is enough": mutant(
        "portal/web/guards.py",
        "tests/web/test_confirm.py::test_an_administrator_cannot_take_over_her_own_account_with_a_stolen_session",
        'if request.method == "POST" and not sessions.is_fresh() and when():',
        "if False:",
    ),
    "a copy of the cookie goes on as well": mutant(
        "portal/services/users/sign_in.py",
        "tests/web/test_confirm.py::test_giving_it_throws_a_copy_of_the_cookie_out_and_keeps_open_pages_good",
        "old.seen_at, old.expires_at = now, min(old.expires_at, now + GRACE)",
        "old.seen_at = old.authenticated_at = now",
    ),
    "another address ends no session": mutant(
        "portal/services/users/__init__.py",
        "tests/web/test_confirm.py::test_another_address_ends_other_sessions_and_the_open_link",
        'if values["email"] != row.email:',
        "if False:",
    ),
    "a device outlives the password": mutant(
        "portal/services/users/devices.py",
        "tests/web/test_throttle.py::test_a_cookie_ends_with_the_password",
        'f"{user.id} {user.password_hash}"',
        'f"{user.id}"',
    ),
    "each device has a count of its own": mutant(
        "portal/services/users/guesses.py",
        "tests/web/test_throttle.py::TestAttacker::test_one_person_is_guessed_at_so_often_and_gets_in",
        "Standing.KNOWN: ((DEVICES, mark),),",
        'Standing.KNOWN: ((DEVICES, f"{mark}/{self.address}"),),',
    ),
    "who was here before waits with the strangers": mutant(
        "portal/services/users/devices.py",
        "tests/web/test_throttle.py::test_guesses_from_one_address_lock_out_nobody_behind_it_who_was_here_before",
        "    return Standing.NEWEST if device.signed_in_at == _instant(user) else Standing.KNOWN\n",
        "    return Standing.STRANGER\n",
    ),
    "a season with a year is a password": mutant(
        "portal/services/users/guessable.py",
        "tests/services/test_passwords.py::test_names_company_product_and_seasons_are_refused_however_decorated",
        "for reading in readings) < LEAST_OVER",
        "for reading in readings) < 0",
    ),
    "a password of millions is taken": mutant(
        "portal/services/users/passwords.py",
        "tests/services/test_passwords.py::test_what_many_people_use_is_refused",
        "    if _is_well_known(password):\n",
        "    if False:\n",
    ),
    "a traceback goes into the log as it is": mutant(
        "portal/log_masks.py",
        "tests/unit/test_log_masks.py::test_no_handler_or_formatter_goes_around_it",
        'self.__dict__["exc_text"] = text and masked(text)',
        'self.__dict__["exc_text"] = text',
    ),
    "a known code is left in a sentence": mutant(
        "portal/providers/codes.py",
        "tests/providers/test_codes.py::test_a_known_code_is_removed_however_it_looks",
        "    spans = list(_known(text, known))\n",
        "    spans = []\n",
    ),
    "a message is shown as BitTitan wrote it": mutant(
        "portal/providers/shapes.py",
        f"{PROVISIONING}/test_secrets.py::test_a_code_on_record_is_known_however_it_looks",
        "readable(codes.hide(message, {*known, *codes.of_ours(message)}))",
        "readable(message)",
    ),
    "the security log tells what was rolled back": mutant(
        "portal/services/security_log/__init__.py",
        "tests/web/test_security_log.py::test_what_changes_a_person_is_told_and_what_is_rolled_back_is_not",
        "        unit.afterwards(lambda: _take(row, key))\n",
        "        _take(row, key)\n",
    ),
    "a flood fills the security log": mutant(
        "portal/services/security_log/minute.py",
        "tests/web/test_security_log.py::test_what_repeats_is_counted_and_no_flood_fills_the_table",
        "if is_bounded and len(self._repeated) >= MOST_A_MINUTE:",
        "if False:",
    ),
    "a log that cannot be written keeps people out": mutant(
        "portal/services/security_log/writing.py",
        "tests/web/test_security_log.py::test_a_log_that_cannot_be_written_keeps_nobody_out",
        "    except Exception:  # a log",
        "    except MemoryError:  # a log",
    ),
}
