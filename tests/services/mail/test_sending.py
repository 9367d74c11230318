"""What becomes of a mail, whatever the mail server does."""

import pytest
from sqlalchemy import select, update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Alert, Asset, AuditEntry, Connection, Coupon, Lifecycle, Message, MessageState, NotSent
from portal.services.mail import events, fields, outbox
from portal.services.mail.events import WELCOME
from tests.mail_server import MailServer
from tests.saved import now
from tests.services.mail.post import CARL, Post

RITA = outbox.Recipient("rita@rivera.example", "Rita", "en")


def test_a_mail_is_sent_once_with_both_parts_and_its_code(post, server):
    asset = post.world.asset("synchronized", code="SBX-SECR-ET12-3456")
    post.write(WELCOME, asset=asset)
    post.write(WELCOME, asset=asset)  # the same cause

    post.step()
    post.later(days=1)

    ((recipient, mail),) = server.taken
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert (post.one().state, post.one().reply) == (MessageState.SENT, "250 taken")
    assert recipient == CARL.address
    assert "SBX-SECR-ET12-3456" in text
    assert '<p class="code">SBX-SECR-ET12-3456</p>' in html
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == post.one().message_id
    assert mail["Date"]
    assert "List-Unsubscribe" not in mail
    assert "SBX-" not in mail["Subject"]


def test_no_code_is_kept_with_a_mail(post, server):
    post.write(WELCOME, asset=post.world.asset("synchronized", code="SBX-SECR-ET12-3456"))
    server.answers["TEXT"] = "451 I do not like SBX-SECR-ET12-3456"
    post.step()

    assert "SECR" not in str([vars(row) for row in post.all()])
    assert post.one().reply == "451 I do not like ••••"


def test_a_mailed_code_counts_as_a_reveal(post):
    asset = post.world.asset("synchronized")
    post.write(WELCOME, asset=asset)
    post.step()

    is_reveal = (AuditEntry.subject_id == asset.id, AuditEntry.act == "reveal")
    (entry,) = post.reading(lambda: db.session.scalars(select(AuditEntry).where(*is_reveal)).all())
    assert (entry.actor, entry.field, entry.after) == ("worker", "mail", CARL.address)


def test_one_refused_recipient_does_not_keep_a_mail_from_another(post, server):
    asset = post.world.asset("synchronized")
    server.refuses.add(CARL.address)
    post.write(asset=asset)
    post.write(asset=asset, to=RITA)
    post.step()

    assert [row.state for row in post.all()] == [MessageState.REFUSED, MessageState.SENT]
    assert [to for to, _ in server.taken] == [RITA.address]
    assert post.all()[0].reply == "550 5.1.1 no such user"


@pytest.mark.parametrize("place", ["MAIL", "RCPT", "TEXT"])
def test_what_is_put_off_is_tried_again(post, server, place):
    server.answers[place] = "451 try later"
    post.write(WELCOME)
    post.step()
    post.step()
    assert (post.one().state, post.tries()) == (MessageState.WAITING, ["later"])

    del server.answers[place]
    post.later(seconds=61)
    assert (post.one().state, post.tries()) == (MessageState.SENT, ["later", "sent"])


def test_what_is_put_off_for_two_days_is_given_up_and_seen(post, server):
    server.answers["RCPT"] = "450 mailbox busy"
    post.write()
    for _ in range(13):
        post.later(hours=4, seconds=1)

    assert (post.one().state, post.one().cause_not_sent) == (MessageState.NOT_SENT, NotSent.TOO_LATE)
    assert len(post.reading(lambda: db.session.scalars(select(Alert).where(Alert.kind == "mail")).all())) == 1


@pytest.mark.parametrize("fault", [MailServer.DROP, MailServer.HANG])
def test_a_mail_with_a_code_and_an_unknown_outcome_is_not_repeated(post, server, fault):
    server.answers["TEXT"] = fault
    post.write(WELCOME)
    post.step()
    del server.answers["TEXT"]
    post.later(days=1)

    assert (post.one().state, post.tries(), len(server.taken)) == (MessageState.UNKNOWN, ["unknown"], 1)


def test_a_mail_without_a_code_and_an_unknown_outcome_is_repeated_once(post, server):
    server.answers["TEXT"] = MailServer.DROP
    post.write()
    post.step()
    post.later(minutes=11)
    post.later(days=1)

    assert (post.one().state, post.tries()) == (MessageState.UNKNOWN, ["unknown", "unknown"])
    assert len({mail["Message-ID"] for _, mail in server.taken}) == 1


def test_an_unknown_outcome_keeps_the_next_mail_waiting_for_a_moment(post, server):
    """A server that hangs must not make a thousand of them."""
    server.answers["TEXT"] = MailServer.DROP
    post.write(WELCOME)
    post.write(WELCOME)
    post.step()

    assert [row.state for row in post.all()] == [MessageState.UNKNOWN, MessageState.WAITING]


def test_without_a_mail_server_nothing_is_sent_and_old_mails_stay_unsent(post, without_server):
    Post(without_server, post.world).write(WELCOME)
    Post(without_server, post.world).step()
    assert (post.one().state, post.one().tries_made) == (MessageState.WAITING, 0)

    post.later(days=2, seconds=1)  # a server is set now
    assert (post.one().state, post.one().cause_not_sent) == (MessageState.NOT_SENT, NotSent.TOO_LATE)


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Coupon, {"redeemed_at": now}),
        (Coupon, {"status": lambda: "Revoked"}),
        (Coupon, {"disputed_at": now}),
        (Asset, {"lifecycle": lambda: Lifecycle.CANCELLED}),
        (Message, {"account_id": lambda: 1}),  # it was moved to another account since
    ],
)
def test_a_code_that_may_not_be_handed_out_any_more_is_not_mailed(post, server, model, change):
    post.write(WELCOME)
    with post.app.app_context(), transaction():
        db.session.execute(update(model).values(**{name: value() for name, value in change.items()}))
    post.step()

    assert (post.one().state, post.one().cause_not_sent) == (MessageState.NOT_SENT, NotSent.CODE_GONE)
    assert server.taken == []


def test_after_a_restore_no_code_is_mailed_again(post, server):
    post.write(WELCOME)
    post.write()
    with post.app.app_context(), transaction():
        db.session.execute(update(Connection).values(frozen_at=now(), frozen_why="restored"))
    post.step()
    with post.app.app_context(), transaction():
        db.session.execute(update(Connection).values(frozen_at=None))
    post.step()

    assert [row.state for row in post.all()] == [MessageState.UNKNOWN, MessageState.SENT]


def test_a_value_cannot_ask_for_the_code_nor_write_a_header_or_html(post, server):
    hostile = "{{ code }}\ufdd0\r\nBcc: rita@rivera.example\u202e <script>x</script>"
    post.write(WELCOME, asset=post.world.asset("synchronized", code="SBX-SECR-ET12-3456"), account=hostile)
    post.step()

    ((_, mail),) = server.taken
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.count("SBX-SECR") == html.count("SBX-SECR") == 1
    assert "Bcc" not in mail
    assert "<script>" not in html
    assert "\u202e" not in text + html


def test_no_subject_has_a_place_for_a_code(app_context):
    secrets = {"code", "one_time_link"}
    for event in events.EVENTS.values():
        assert secrets.isdisjoint(fields.names(str(event.subject)))
        assert bool(secrets.intersection(fields.names(str(event.text)))) == event.is_secret
