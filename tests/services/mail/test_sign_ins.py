"""Forgotten passwords, invitations and new browsers, told by mail."""

import re

import pytest
from sqlalchemy import event

from portal.extensions import db
from portal.models import Account, Role
from portal.services import users
from portal.services.mail import closing
from portal.services.users import password_resets
from tests.browser import Browser
from tests.dump import dump
from tests.people import PASSWORD

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
CHOSEN = "a calm new lantern"
LINK = re.compile(r"https://portal\.example(/links/[\w-]{43})\s")


def ask(app, email: str):
    browser = Browser(app)
    page = browser.visit("/forgot-password")
    return browser.submit(page, email=email)


@pytest.fixture
def work_off(app, post):
    """What a worker does."""

    def step() -> None:
        with app.app_context():
            password_resets.answer()
        post.step()

    return step


@pytest.fixture
def links(server):
    """The paths of the links in the mails so far."""
    return lambda: [
        found[1] for _, mail in server.taken if (found := LINK.search(mail.get_body(("plain",)).get_content()))
    ]


def choose(app, path: str) -> int:
    browser = Browser(app)
    page = browser.visit(path)
    if page.status != 200:
        return page.status
    return browser.raw(
        "POST", "/links", data={"csrf_token": page.csrf_token, "new": CHOSEN, "repeat": CHOSEN}
    ).status_code  # fmt: skip


def is_in(browser: Browser) -> bool:
    return browser.raw("GET", "/password").status_code == 200


def signed_in(app, email: str, password: str = PASSWORD) -> Browser:
    browser = Browser(app)
    browser.sign_in(email, password)
    return browser


def told(post) -> list[tuple[str, str]]:
    return sorted((row.event, row.recipient) for row in post.all())


def test_a_forgotten_password_is_chosen_anew_once(app, world, post, server, work_off, links):
    before = signed_in(app, world.carl.email)
    assert ask(app, world.carl.email.upper()).h1 == "Look into your mailbox"
    assert not post.all(), "the page itself writes no mail"
    work_off()

    (path,) = links()
    assert [choose(app, path), choose(app, path)] == [303, 404]
    assert not is_in(before)
    assert is_in(signed_in(app, world.carl.email, CHOSEN))
    work_off()
    assert {"password-changed", "password-reset"} <= {event for event, _ in told(post)}
    (mail,) = (mail for _, mail in server.taken if mail["Subject"] == "Your password was changed")
    assert "/links/" not in mail.as_string()


def test_others_get_the_same_page_and_no_mail(app, world, post, work_off):
    with app.app_context():
        users.create(
            account=db.session.get(Account, world.customer.id), email="never@brightwood.example", name="Nia",
            role=Role.VIEWER, by="command line",
        )  # fmt: skip
        users.disable(world.reload(world.cleo), by="command line")
    work_off()
    before = told(post)
    addresses = [world.carl.email, "nobody@brightwood.example", world.cleo.email, "never@brightwood.example", "a\u0001"]
    answers = [ask(app, each) for each in addresses]
    assert {(page.status, page.trail, page.text) for page in answers} == {(200, (303,), answers[0].text)}
    work_off()
    assert told(post) == sorted([*before, ("password-reset", world.carl.email)])


def test_an_address_of_nobody_costs_the_same_statements(app, world):
    def sent(email: str) -> list[str]:
        statements = []
        with app.app_context():

            def note(_connection, _cursor, statement, *_):
                statements.append(statement)

            event.listen(db.engine, "before_cursor_execute", note)
            password_resets.ask(email, address="192.0.2.1")
            event.remove(db.engine, "before_cursor_execute", note)
        return statements

    sent("first@brightwood.example")  # the line of this place is there from now on
    known = sent(world.carl.email)
    assert known == sent("nobody@brightwood.example")
    assert any("password_resets" in each for each in known)


def test_two_presses_are_one_mail(app, world, post, work_off):
    assert [ask(app, world.carl.email).h1 for _ in range(2)] == ["Look into your mailbox"] * 2
    work_off()
    assert told(post) == [("password-reset", world.carl.email)]


@pytest.mark.sqlite
def test_one_place_asks_for_so_many(app, world):
    with app.app_context():
        for number in range(20):
            password_resets.ask(f"{number}@brightwood.example", address="127.0.0.1")
    page = ask(app, world.carl.email)
    assert (page.status, page.h1) == (429, "Forgot your password?")


def test_the_token_stands_nowhere_but_in_the_mail(app, world, browse, post, work_off, links, caplog, capfd):
    ask(app, world.carl.email)
    work_off()
    token = links()[0].removeprefix("/links/")
    dora, message = browse("dora"), post.one()
    page = dora.open("bss.outbox.show", message_id=message.id)
    preview = dora.raw("GET", dora.url("bss.outbox.preview", message_id=message.id)).text
    reveal = dora.url("bss.outbox.reveal", message_id=message.id)
    refused = dora.raw("POST", reveal, data={"csrf_token": page.csrf_token})
    assert refused.status_code == 409
    assert "https://portal.example/links/••••" in page.text
    assert "https://portal.example/links/••••" in preview
    said = "".join(capfd.readouterr())
    for place in (page.body, preview, refused.text, caplog.text, said, repr(dump(app))):
        assert token not in place


def test_a_mail_sent_again_has_a_new_link_and_ends_the_one_before(app, world, post, work_off, links):
    ask(app, world.carl.email)
    work_off()
    with app.app_context():
        closing.send_again(post.one().id, is_sure=True, reason="Lost", version=post.one().version, by=world.dora)
    work_off()
    assert [choose(app, path) for path in links()] == [404, 303]


def test_what_no_mailbox_got_ends_no_link(app, world, post, server, work_off, links):
    ask(app, world.carl.email)
    work_off()
    server.answers["RCPT"] = "550 no such user"
    with app.app_context():
        closing.send_again(post.one().id, is_sure=True, reason="Lost", version=post.one().version, by=world.dora)
    work_off()
    assert choose(app, links()[0]) == 303


def test_a_link_is_not_mailed_to_an_address_of_before(app, world, post, server, work_off):
    ask(app, world.carl.email)
    with app.app_context():
        password_resets.answer()
        carl = world.reload(world.carl)
        users.edit(
            carl, version=carl.version, email="new@brightwood.example", name=carl.name, role=carl.role, by=world.dora
        )
    work_off()
    assert server.taken == []
    assert post.one().state.value == "not-sent"


def test_an_invitation_goes_by_mail_and_is_shown_and_either_ends_both(app, world, post, work_off, links):
    with app.app_context():
        account = db.session.get(Account, world.customer.id)
        details = {"account": account, "name": "Nia", "role": Role.VIEWER, "by": world.paula}
        _first, shown = users.create(email="nia@brightwood.example", **details)
    work_off()
    (mailed,) = links()
    assert Browser(app).visit(f"/links/{shown}").status == 200, "the mail does not end it"
    assert [choose(app, mailed), choose(app, f"/links/{shown}"), choose(app, mailed)] == [303, 404, 404]
    assert told(post) == [("invitation", "nia@brightwood.example")], "a first password is no news, nor its browser"


def test_a_new_browser_is_told_once(app, world, post):
    def enter(browser: Browser) -> None:
        page = browser.visit("/sign-in")
        values = {"csrf_token": page.csrf_token, "email": world.carl.email, "password": PASSWORD}
        browser.raw("POST", "/sign-in", data=values, headers={"User-Agent": FIREFOX})
        browser.raw("POST", "/sign-out", data={"csrf_token": browser.visit("/password").csrf_token})
        browser.forget()

    world.edit(world.carl, signed_in_at=None)
    first, second = Browser(app), Browser(app)
    enter(first)
    assert told(post) == [], "the first one is no news"
    for browser in (first, second, second, first):
        enter(browser)
    assert told(post) == [("new-device", world.carl.email)]
    assert "Firefox on Windows" in post.one().subject
