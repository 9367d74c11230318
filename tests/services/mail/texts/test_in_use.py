"""Which text a mail is written with."""

import pytest
from sqlalchemy import select

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Alert, MessageState
from portal.services.mail import outbox
from portal.services.mail.events import FAILED, WELCOME, WELCOME_LINK
from tests import mails
from tests.saved import now
from tests.services.mail.post import CARL, VALUES
from tests.services.mail.texts import attacks

HANS = outbox.Recipient("hans@brightwood.example", "Hans", "de_AT")
OWN = {"subject": "Ihr Code: {{ asset }}", "text": "Hallo!\n\n{{ code }}\n\nBis {{ redeem_by }}."}
CODE = "SBX-SECR-ET12-3456"


def alerts(post) -> list[str]:
    return post.reading(lambda: list(db.session.scalars(select(Alert.text).where(Alert.kind == "mail text"))))


def test_an_own_text_is_used_for_its_event_and_its_language_alone(post):
    mails.text(post.world, "welcome", "de", **OWN)
    for event in (WELCOME, WELCOME_LINK):
        for to in (CARL, HANS):
            post.write(event, to)

    rows = post.all()
    (own,) = [row for row in rows if (row.event, row.language) == ("welcome", "de")]
    assert own.subject == "Ihr Code: Mailboxes"
    assert ["BitTitan" in row.subject for row in rows if row is not own] == [True, True, True]
    assert own.text == "Hallo!\n\n\ufdd0\n\nBis 12 Mar 2027."
    assert alerts(post) == []


def test_the_newest_version_counts_and_after_a_reset_the_built_in_text(post):
    for subject in ("First", "Second"):
        mails.text(post.world, subject=subject)
    post.write(WELCOME, cause="one")
    mails.text(post.world, subject=None, text=None)
    post.write(WELCOME, cause="two")

    assert [row.subject for row in post.all()] == ["Second", "Your BitTitan licences are ready: Mailboxes"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ code }} {{ gone_since }}",
        "no code",
        "{{ code }} {{ code }}",
        "{{ code }} \u202e",
        "{{ code }}" + "x" * 30_000,
    ],
)
def test_a_text_that_does_not_fit_any_more_stops_no_mail_and_is_an_alert(post, text):
    mails.text(post.world, text=text)
    for cause in ("one", "two"):
        post.write(WELCOME, cause=cause)

    assert {row.subject for row in post.all()} == {"Your BitTitan licences are ready: Mailboxes"}
    (alert,) = alerts(post)
    assert alert.startswith("The own text of “Welcome, with the code” (en) does not fit")


def test_a_code_in_an_own_subject_of_the_database_is_not_mailed(post, server):
    mails.text(post.world, subject="{{ code }}")
    post.write(WELCOME, asset=post.world.asset("synchronized", code=CODE))
    post.step()

    ((_, mail),) = server.taken
    assert CODE not in mail["Subject"]
    assert mail.get_body(("plain",)).get_content().count(CODE) == 1


@pytest.mark.sqlite
def test_own_texts_of_any_kind_arrive_as_the_text_that_they_are(post, server):
    for name, text in attacks.HARMLESS.items():
        mails.text(post.world, text=f"{text}\n\n{attacks.CODE}")
        post.write(WELCOME, asset=post.world.asset("synchronized", code=f"SBX-{len(server.taken)}"), cause=name)
        post.step()
        sent, mail = len(server.taken), server.taken[-1][1]
        said = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert said.startswith(text[:500]), name
        assert mail["Bcc"] is None
        assert sent == len(post.all())
    assert {row.state for row in post.all()} == {MessageState.SENT}


def test_own_texts_cost_one_statement_for_all_mails_of_a_transaction(post, sql):
    mails.text(post.world, "failed", "de", subject="Kaputt: {{ asset }}", text="{{ number }}")
    account_id = post.world.customer.id
    with sql() as statements, post.app.app_context(), transaction():
        for number in range(200):
            about = outbox.About(f"asset-{number}", account_id)
            outbox.write(FAILED, about, (CARL, HANS)[number % 2], VALUES | {"number": "AS-1"}, now())

    assert [row.subject for row in post.all()].count("Kaputt: Mailboxes") == 100
    assert len([each for each in statements if "mail_text_versions" in each]) == 1
    assert len(statements) == 2, statements
