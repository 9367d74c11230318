"""One click stops the mails of a topic to an address; staff see it and undo it."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import AuditEntry, MailStop
from portal.services.mail import events
from portal.services.mail.stops import tokens
from tests.services.mail.post import CARL

pytestmark = pytest.mark.sqlite
REMINDED = {"day": "12 Mar 2027", "in_days": "in 7 days", "why": "you can sign in"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def reminder(post, server):
    """The address in its header, as the mail program of its reader has it."""
    post.write(events.REMINDER, **REMINDED)
    post.step()
    ((_recipient, mail),) = server.taken
    return mail


def path_of(mail) -> str:
    return mail["List-Unsubscribe"].strip("<>").removeprefix("https://portal.example")


def stops(post) -> list[str]:
    return post.reading(lambda: [row.address for row in db.session.scalars(select(MailStop))])


def test_a_reminder_says_how_it_is_stopped_and_no_other_mail_does(post, server, reminder):
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = f"https://portal.example{path_of(reminder)}"
    assert reminder["List-Unsubscribe"] == f"<{address}>"
    parts = [reminder.get_body((kind,)).get_content() for kind in ("plain", "html")]
    assert all(address in part for part in parts)

    post.write(events.WELCOME_LINK, cause="another")
    post.step()
    assert "List-Unsubscribe" not in server.taken[-1][1]
    assert "/stop/" not in server.taken[-1][1].as_string()


def test_a_click_needs_no_session_and_twice_is_once(post, reminder):
    client = post.app.test_client()
    page = client.get(path_of(reminder))
    assert page.status_code == 200
    assert stops(post) == []

    for _ in range(2):
        assert client.post(path_of(reminder), data=ONE_CLICK).status_code == 200
    assert stops(post) == [CARL.address]


def test_what_is_no_token_stops_nothing(post, reminder):
    path, client = path_of(reminder), post.app.test_client()
    with post.app.app_context():
        post.write(events.WELCOME_LINK, cause="another")
        of_another = f"/stop/{tokens.make(post.all()[-1])}"
    for wrong in (path[:-1], path + "x", "/stop/1", "/stop/..", of_another):
        assert client.post(wrong, data=ONE_CLICK).status_code == 404, wrong
    assert stops(post) == []


def test_staff_see_it_and_undo_it_with_a_reason(post, reminder, browse):
    post.app.test_client().post(path_of(reminder), data=ONE_CLICK)
    dana = browse("dana")
    page = dana.visit("/bss/tools/stopped-mails")
    assert CARL.address in page.text
    dana.submit(page, "Start again", reason="")
    assert stops(post) == [CARL.address]
    dana.submit(page, "Start again", reason="Carl called")

    assert stops(post) == []
    rows = select(AuditEntry).where(AuditEntry.subject == "mail stop").order_by(AuditEntry.id)
    entries = post.reading(lambda: db.session.scalars(rows).all())
    assert [(each.act, each.actor, each.why) for each in entries] == [
        ("stopped", "reader of a mail", None),
        ("started again", "Dana Markou", "Carl called"),
    ]


def test_a_reminder_with_an_unknown_outcome_is_repeated_once(post, server):
    post.write(events.REMINDER, **REMINDED)
    server.answers["TEXT"] = server.DROP
    post.step()
    post.later(minutes=11)
    assert post.tries() == ["unknown", "unknown"]
    post.later(days=1)
    assert post.tries() == ["unknown", "unknown"]
