"""A door is left open: of pages, files, sign-ins, logs."""

from tests.torture.mutants.mutant import SERVICES, mutant

MUTANTS = {
    "a page asks BitTitan itself": mutant(
        "portal/bss/assets/provisioning.py",
        "tests/web/test_requests.py::test_a_press_is_answered_at_once_and_the_page_follows",
        '    return request_page.begin(FOLLOW, RequestKind.CHECK_CODE, asset.id, form, {"code": form.code.data})\n',
        "    form.carry_out(assets.check_code, asset, form.code.data, by=current_user)\n"
        "    return _attaching(asset, form, form.result)\n",
    ),
    "a request is done beside its act": mutant(
        "portal/services/vendor_requests/execution.py",
        "tests/services/vendor_requests/test_vendor_requests.py::test_what_a_killed_worker_left_is_taken_up_and_done_once",
        "with write_with(act.transaction, write) if act.transaction else nullcontext():",
        "with nullcontext():",
    ),
    "the right is looked at on the page only": mutant(
        "portal/services/vendor_requests/execution.py",
        "tests/services/vendor_requests/test_vendor_requests.py::test_the_right_is_looked_at_when_it_is_carried_out",
        "            _check_right(by, act)\n",
        "",
    ),
    "what pages wait for stands in line": mutant(
        "portal/services/jobs/__init__.py",
        "tests/services/vendor_requests/test_vendor_requests.py::test_a_silent_bittitan_keeps_only_the_threads_of_that_lane",
        "    return _ITEMS.c.kind.not_in(",
        "    return (_ITEMS.c.id > 0) | _ITEMS.c.kind.not_in(",
    ),
    "any name is served": mutant(
        "portal/web/security/hosts.py",
        "tests/web/test_hosts.py::test_another_name_is_refused_before_anything_is_asked",
        "in ANYHOW or is_trusted(host, settings.trusted_hosts):",
        "in ANYHOW or host:",
    ),
    "a name that begins with a trusted one is served": mutant(
        "portal/web/security/hosts.py",
        "tests/web/test_hosts.py::test_a_host_is_trusted_by_its_whole_name",
        "found = _HOST.fullmatch(host.lower())",
        "found = _HOST.match(host.lower())",
    ),
    "what was sent ends a line of the log": mutant(
        "portal/log_lines.py",
        "tests/test_log_lines.py::test_what_would_end_a_line_or_move_the_cursor_is_spelt_out",
        "return escaped(super().getMessage())",
        "return super().getMessage()",
    ),
    "forms are signed with SHA-1": mutant(
        "portal/web/security/signing.py",
        "tests/web/test_cookies.py::test_every_signature_is_as_long_as_sha_256",
        "    Signer.default_digest_method = staticmethod(hashlib.sha256)",
        "    pass",
    ),
    "a filter is read whoever asks": mutant(
        "portal/services/lists/list_filters.py",
        "tests/web/test_readers_rights.py::test_what_is_the_staffs_is_as_if_it_did_not_exist",
        "return name not in _NEEDS or viewer.may(_NEEDS[name])",
        "return True",
    ),
    "an order is read whoever asks": mutant(
        "portal/services/lists/list_sorts.py",
        "tests/web/test_readers_rights.py::test_what_is_the_staffs_is_as_if_it_did_not_exist",
        "return name in SORTS and viewer.may(SORTS[name].needs)",
        "return name in SORTS",
    ),
    "a row is drawn for whoever asks": mutant(
        "portal/display/lists/asset_columns.py",
        "tests/web/test_readers_rights.py::test_a_row_is_drawn_for_its_reader",
        "if name not in ALL or _WHOSE.get(name, viewer.account.kind) is not viewer.account.kind:",
        "if name not in ALL:",
    ),
    "quotation marks are enough": mutant(
        "portal/core/csv_safe.py",
        "tests/web/test_exports.py::test_what_a_customer_writes_runs_in_no_file_of_the_staff",
        '_BEGIN = re.escape(",;|\\t\\r\\n\\x0b\\x0c\\x85\\u2028\\u2029\\u060c\\u061b\\u3001\\uff0c\\uff1b")',
        '_BEGIN = re.escape("\\x85")',
    ),
    "each account has a budget of its own": mutant(
        "portal/services/limits.py",
        "tests/web/test_limits.py::test_many_accounts_of_a_tree_are_one",
        "return account.branch_id or account.id",
        "return account.id",
    ),
    "a budget is looked at before it is taken": mutant(
        "portal/services/limits.py",
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
        "portal/web/security/guards.py",
        "tests/auth/test_confirm.py::test_an_administrator_cannot_take_over_her_own_account_with_a_stolen_session",
        'if request.method == "POST" and not sessions.is_fresh() and when():',
        "if False:",
    ),
    "a copy of the cookie goes on as well": mutant(
        "portal/services/users/sign_in.py",
        "tests/auth/test_confirm.py::test_giving_it_throws_a_copy_of_the_cookie_out_and_keeps_open_pages_good",
        "old.seen_at, old.expires_at = now, min(old.expires_at, now + GRACE)",
        "old.seen_at = old.authenticated_at = now",
    ),
    "another address ends no session": mutant(
        "portal/services/users/__init__.py",
        "tests/auth/test_confirm.py::test_another_address_ends_other_sessions_and_the_open_link",
        "if not _is_own(row, email):",
        "if False:",
    ),
    "a device outlives the password": mutant(
        "portal/services/users/devices.py",
        "tests/auth/test_throttle.py::test_a_cookie_ends_with_the_password",
        'f"{user.id} {user.password_hash}"',
        'f"{user.id}"',
    ),
    "each device has a count of its own": mutant(
        "portal/services/users/sign_in_throttle.py",
        "tests/auth/test_throttle.py::TestAttacker::test_one_person_is_guessed_at_so_often_and_gets_in",
        "DeviceTrust.KNOWN: ((DEVICES, mark),),",
        'DeviceTrust.KNOWN: ((DEVICES, f"{mark}/{self.address}"),),',
    ),
    "who was here before waits with the strangers": mutant(
        "portal/services/users/devices.py",
        "tests/auth/test_throttle.py::test_guesses_from_one_address_lock_out_nobody_behind_it_who_was_here_before",
        "    return DeviceTrust.NEWEST if device.signed_in_at == _instant(user) else DeviceTrust.KNOWN\n",
        "    return DeviceTrust.STRANGER\n",
    ),
    "a season with a year is a password": mutant(
        "portal/services/users/password_strength.py",
        "tests/services/users/test_passwords.py::test_names_company_product_and_seasons_are_refused_however_decorated",
        "for reading in readings) < LEAST_OVER",
        "for reading in readings) < 0",
    ),
    "a password of millions is taken": mutant(
        "portal/services/users/passwords.py",
        "tests/services/users/test_passwords.py::test_what_many_people_use_is_refused",
        "    if _is_well_known(password):\n",
        "    if False:\n",
    ),
    "a traceback goes into the log as it is": mutant(
        "portal/log_masks.py",
        "tests/test_log_masks.py::test_no_handler_or_formatter_goes_around_it",
        'self.__dict__["exc_text"] = text and masked(text)',
        'self.__dict__["exc_text"] = text',
    ),
    "a known code is left in a sentence": mutant(
        "portal/providers/bittitan/codes.py",
        "tests/providers/test_codes.py::test_a_known_code_is_removed_however_it_looks",
        "    spans = list(_known(text, known))\n",
        "    spans = []\n",
    ),
    "a message is shown as BitTitan wrote it": mutant(
        "portal/providers/bittitan/shapes.py",
        f"{SERVICES}/provisioning/test_secrets.py::test_a_code_on_record_is_known_however_it_looks",
        "readable(codes.hide(message, {*known, *codes.known_codes_in(message)}))",
        "readable(message)",
    ),
    "the security log tells what was rolled back": mutant(
        "portal/core/security_log/__init__.py",
        "tests/web/test_security_log.py::test_what_changes_a_person_is_told_and_what_is_rolled_back_is_not",
        "        after_commit(lambda: _take(row, key))\n",
        "        _take(row, key)\n",
    ),
    "a flood fills the security log": mutant(
        "portal/core/security_log/minute.py",
        "tests/web/test_security_log.py::test_what_repeats_is_counted_and_no_flood_fills_the_table",
        "if is_bounded and len(self._repeated) >= MOST_A_MINUTE:",
        "if False:",
    ),
    "a log that cannot be written keeps people out": mutant(
        "portal/core/security_log/writing.py",
        "tests/web/test_security_log.py::test_a_log_that_cannot_be_written_keeps_nobody_out",
        "    except Exception:  # a log",
        "    except MemoryError:  # a log",
    ),
}
