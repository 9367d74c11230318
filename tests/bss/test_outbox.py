"""Tools > Outbox: what became of each mail, and what people do about it."""

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import AuditEntry, MessageState
from tests.mails import mail, reminders

pytestmark = pytest.mark.sqlite
CODE = "SBX-SECR-ET12-3456"


@pytest.fixture
def unknown(world):
    return mail(world, world.asset("synchronized", code=CODE))


def file_of(browser, **query) -> list[dict]:
    body = browser.raw("GET", browser.url("bss.outbox.index", format="csv", **query)).get_data(as_text=True)
    return list(csv.DictReader(StringIO(body.removeprefix("\ufeff"))))


def acts_on(world, message) -> list[tuple[str, str | None]]:
    rows = select(AuditEntry).where(AuditEntry.subject == "message", AuditEntry.subject_id == message.id)
    with world.app.app_context():
        return [(each.act, each.why) for each in db.session.scalars(rows.order_by(AuditEntry.id))]


def test_the_list_says_what_to_whom_and_what_became_of_it(world, browse, unknown):
    mail(world, state="sent", recipient="rita@rivera.example")
    page = browse("dana").open("bss.outbox.index")

    assert "No mail server is set" in page.text
    assert "1 mail has an unknown outcome" in page.text
    rows = [row.get_text(" ", strip=True) for row in page.soup.select("tbody tr")]
    assert "rita@rivera.example" in rows[0]
    assert "Sent" in rows[0]
    assert f"AS-{unknown.asset_id}" in rows[1]
    assert "Outcome unknown" in rows[1]


@pytest.mark.parametrize(
    "query",
    [
        {"outcome": "unknown"}, {"q": "CARL@customer.example"}, {"asset": "own"}, {"q": "own"}, {"account": "own"},
        {"event": "welcome"}, {"language": "en"}, {"from": "2026-03-02"}, {"from": "2026-03-02", "to": "2026-03-02"},
    ],
)  # fmt: skip
def test_filters_and_search_narrow_it(world, browse, unknown, query):
    with world.transaction():
        db.session.merge(unknown).created_at = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    rival = world.asset("synchronized", account=world.rival_customer)
    other = {"event": "failed", "language": "de", "created_at": datetime(2026, 3, 1, 23, 59, tzinfo=UTC)}
    mail(world, rival, state="sent", recipient="rita@rivera.example", **other)
    own = {"asset": unknown.asset_id, "account": unknown.account_id, "q": f"AS-{unknown.asset_id}"}
    query = {name: own[name] if value == "own" else value for name, value in query.items()}
    dana = browse("dana")
    page = dana.open("bss.outbox.index", **query)

    assert [row["id"] for row in page.soup.select("tbody tr")] == [f"message-{unknown.id}"]
    assert [row["About"] for row in file_of(dana, **query)] == [f"AS-{unknown.asset_id}"]


def test_the_file_has_the_outcome_in_words_and_no_code(world, browse, unknown):
    mail(world, state="refused", recipient="rita@rivera.example", language="de", reply="550 =no such user")
    dana = browse("dana")
    found = file_of(dana)

    assert [(row["To"], row["Language"], row["Outcome"], row["Why"]) for row in found] == [
        ("rita@rivera.example", "German", "Refused for good", "550 =no such user"),
        ("carl@customer.example", "English", "Outcome unknown", ""),
    ]
    assert found[1]["About"] == f"AS-{unknown.asset_id}"
    assert CODE not in str(found)


@pytest.mark.parametrize("query", ["account", "asset", "q"])
def test_a_mail_about_several_assets_is_found_by_each_of_them(world, browse, query):
    other = world.asset("synchronized", account=world.rival_customer, name="Mailboxes of a rival")
    message = reminders(world, [world.asset("synchronized"), other])
    mail(world, state="sent", recipient="rita@rivera.example")
    dana = browse("dana")
    value = {"account": other.account_id, "asset": other.id, "q": f"AS-{other.id}"}[query]
    page = dana.open("bss.outbox.index", **{query: value})

    (row,) = page.soup.select("tbody tr")
    assert row["id"] == f"message-{message.id}"
    assert "2 assets" in row.text
    assert [line["About"] for line in file_of(dana, **{query: value})] == ["2 assets"]
    assert "Mailboxes of a rival" in dana.open("bss.outbox.show", message_id=message.id).text


def test_strange_filters_are_left_out(world, browse, unknown):
    page = browse("dana").open(
        "bss.outbox.index", outcome="x", event="y", account="999999", asset="999999", after="1,x"
    )
    assert len(page.soup.select("tbody tr")) == 1


def test_no_code_stands_in_list_page_or_preview_until_it_is_revealed(world, browse, unknown):
    dana = browse("dana")
    page = dana.open("bss.outbox.show", message_id=unknown.id)
    preview = dana.raw("GET", dana.url("bss.outbox.preview", message_id=unknown.id))
    for body in (dana.open("bss.outbox.index").body, page.body, preview.get_data(as_text=True)):
        assert CODE not in body
    assert "•••• 3456" in page.text

    shown = dana.submit(page, "Reveal the code")
    assert CODE in shown.text
    assert "sandbox" in preview.headers["Content-Security-Policy"]
    revealed = select(AuditEntry).where(AuditEntry.act == "reveal", AuditEntry.subject_id == unknown.asset_id)
    with world.app.app_context():
        (entry,) = db.session.scalars(revealed)
    assert (entry.actor, entry.field) == (world.dana.name, "mail")


def test_an_unknown_mail_is_closed_as_arrived(world, browse, unknown):
    dana = browse("dana")
    page = dana.submit(dana.open("bss.outbox.show", message_id=unknown.id), "It arrived", reason="Carl rang")

    assert page.flash == "It is closed: it arrived."
    assert world.reload(unknown).state is MessageState.ARRIVED
    assert acts_on(world, unknown) == [("arrived", "Carl rang")]


def test_sending_again_needs_a_tick_and_a_reason(world, browse, unknown):
    dana = browse("dana")
    page = dana.open("bss.outbox.show", message_id=unknown.id)
    refused = dana.submit(page, "Send it again")
    assert refused.status == 422
    assert "Tick this first" in refused.text
    assert "Say why" in refused.text
    assert world.reload(unknown).state is MessageState.UNKNOWN

    done = dana.submit(page, "Send it again", is_sure=True, reason="Nothing in her inbox")
    assert done.flash == "It will be sent again, with the same Message-ID."
    assert world.reload(unknown).state is MessageState.WAITING
    assert acts_on(world, unknown) == [("send again", "Nothing in her inbox")]


def test_who_looks_at_an_old_page_sends_nothing(world, browse, unknown):
    dana = browse("dana")
    page = dana.open("bss.outbox.show", message_id=unknown.id)
    dana.submit(page, "It arrived")
    late = dana.submit(page, "Send it again", is_sure=True, reason="Nothing in her inbox")

    assert late.status == 409
    assert world.reload(unknown).state is MessageState.ARRIVED


def test_a_viewer_sees_it_and_can_do_nothing(world, browse, unknown):
    page = browse("vera").open("bss.outbox.show", message_id=unknown.id)
    assert not page.soup.select("article form")


def test_the_account_shows_an_address_that_refused_the_last_mail(world, browse):
    with world.transaction():
        db.session.merge(world.customer).contact_email = "gone@brightwood.example"
    asset = world.asset("synchronized")
    mail(world, asset, state="refused", recipient="Gone@Brightwood.example", reply="550 no such user")
    dana = browse("dana")
    mail(world, asset, state="refused", recipient=world.carl.email.upper(), reply="550 has left")
    page = dana.open("accounts.show", account_id=world.customer.id)
    assert "Refused the last mail: 550 no such user" in page.text
    (person,) = (row.text for row in page.soup.select(".list__row") if world.carl.email in row.text)
    assert "Refused the last mail: 550 has left" in person
    assert "Refused the last mail" not in browse("paula").open("accounts.show", account_id=world.customer.id).text

    mail(world, state="sent", recipient="gone@brightwood.example")
    assert "550 no such user" not in dana.open("accounts.show", account_id=world.customer.id).text


def test_days_the_wrong_way_round_are_explained(browse, unknown):
    page = browse("dora").open("bss.outbox.index", **{"from": "2026-03-03", "to": "2026-03-02"})
    assert "“From” is after “To”, so nothing matches." in page.text
