"""A mail comes twice, or not at all, or its code to the wrong hands."""

from tests.torture.mutants.mutant import SERVICES, mutant

SENDING = "portal/services/mail/sending.py"
MAIL = f"{SERVICES}/mail/test_sending.py"
TLS = "tests/providers/test_smtp_tls.py::test_nothing_is_sent_to_a_server_that_cannot_be_trusted"
TOGETHER = f"{SERVICES}/reminders/test_together.py"

MUTANTS = {
    "a mail with a code is repeated": mutant(
        "portal/services/mail/recording.py",
        f"{MAIL}::test_a_mail_with_a_code_and_an_unknown_outcome_is_not_repeated",
        "    return not events.named(row.event).is_secret and not db.session",
        "    return not db.session",
    ),
    "an unknown mail is repeated again and again": mutant(
        "portal/services/mail/recording.py",
        f"{MAIL}::test_a_mail_without_a_code_and_an_unknown_outcome_is_repeated_once",
        "is_secret and not db.session.scalar(select(exists().where(was_unknown)))",
        "is_secret",
    ),
    "a connection that broke after the text counts as not sent": mutant(
        "portal/providers/smtp/sending.py",
        f"{MAIL}::test_a_mail_with_a_code_and_an_unknown_outcome_is_not_repeated",
        "        if self._stage is _Stage.TEXT:\n",
        "        if self._stage is None:\n",
    ),
    "a text goes out before it is on record": mutant(
        SENDING,
        f"{SERVICES}/mail/test_killed.py::test_a_killed_worker_mails_no_code_twice_and_loses_none",
        "row.state, row.begun_at = MessageState.SENDING, now",
        "row.begun_at = now",
    ),
    "what a killed worker was sending is forgotten": mutant(
        SENDING,
        f"{SERVICES}/mail/test_killed.py::test_a_killed_worker_mails_no_code_twice_and_loses_none",
        "    _settle_interrupted(server)\n    if",
        "    if",
    ),
    "a server without STARTTLS gets the mail in clear": mutant(
        "portal/providers/smtp/sending.py",
        TLS,
        "        if self._server.needs_starttls:\n",
        '        if self._server.needs_starttls and self._smtp.has_extn("starttls"):\n',
    ),
    "any certificate of a mail server will do": mutant(
        "portal/providers/smtp/sending.py",
        TLS,
        "    context = ssl.create_default_context()\n",
        "    context = ssl._create_unverified_context()\n",
    ),
    "a code that was redeemed is mailed": mutant(
        "portal/services/mail/secret_parts.py",
        f"{MAIL}::test_a_code_that_may_not_be_handed_out_any_more_is_not_mailed",
        "is_good = is_its and is_usable and",
        "is_good = is_its and",
    ),
    "a code is mailed to the partner that an account has left": mutant(
        "portal/services/mail/secret_parts.py",
        "tests/services/mail/test_moved_accounts.py::test_who_may_not_see_it_any_more_gets_no_code",
        "return coupon.code if is_good and _may_read(message.recipient_key, asset) else None",
        "return coupon.code if is_good else None",
    ),
    "a code is kept in what the server said": mutant(
        "portal/services/mail/recording.py",
        f"{MAIL}::test_no_code_is_kept_with_a_mail",
        "reply = reply.replace(secret, MASK) if secret else reply",
        "pass",
    ),
    "what was redeemed meanwhile is reminded": mutant(
        "portal/services/reminders/mailing.py",
        f"{TOGETHER}::test_what_was_redeemed_before_the_mails_are_written_is_left_out",
        "        if item.holds:\n",
        "        if item.told:\n",
    ),
    "a morning that was cut short goes on a day later": mutant(
        "portal/services/reminders/writing.py",
        f"{TOGETHER}::test_a_morning_that_was_cut_short_is_made_up_for_the_next_day",
        "            db.session.execute(delete(Reminder).where(Reminder.message_id.is_(None)))",
        "            pass",
    ),
}
