"""0048 on a database that is in use: mails about signing in are gone below it, all others stay."""

from tests.migrations import steps

NAME = "0048_mail_links"
MAIL = (
    "INSERT INTO messages (event, cause, account_id, recipient, recipient_key, recipient_name, language, subject, text,"
    " state, created_at, next_at, give_up_at, tries_made, reply, version, user_id)"
    " SELECT :event, :event, account_id, email, email, name, 'en', 'x', 'x', 'sent', created_at, created_at,"
    " created_at, 1, '', 1, id FROM users ORDER BY id LIMIT 1"
)
TRY = (
    "INSERT INTO message_tries (message_id, number, began_at, reply)"
    " SELECT id, 1, created_at, '' FROM messages WHERE event = :event"
)


def test_down_drops_what_the_version_before_cannot_name(in_use):
    steps.down_to(NAME)
    users = [dict(row) for row in steps.rows("users")]
    for event in ("password-reset", "approved"):
        steps.write(MAIL, event=event)
        steps.write(TRY, event=event)
    before = {row["event"] for row in steps.rows("messages")}
    steps.down_below(NAME)
    assert {row["event"] for row in steps.rows("messages")} == before - {"password-reset"}
    assert "mailed_link_hash" not in steps.rows("users")[0]
    steps.up_to(NAME)
    assert [dict(row) for row in steps.rows("users")] == users
