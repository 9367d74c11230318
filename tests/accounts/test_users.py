"""The people of an account, and the link that is shown once."""

import re

import pytest

from portal.core import paging
from portal.extensions import db
from portal.models import AuditEntry, User
from portal.services import limits

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough

PASSWORD = "quiet-meadow-compass-17"
LINK = re.compile(r"http://localhost(/links/[\w-]{20,})")


def person(app, email: str) -> User:
    with app.app_context():
        return User.query.filter_by(email=email).one()


def invite(browser, account, **fields):
    values = {"name": "Nia New", "email": "nia@new.example", "role": "viewer"} | fields
    return browser.submit(browser.open("accounts.users.new", account_id=account.id), "Make the link", **values)


def link_on(page) -> str:
    return LINK.fullmatch(page.one("#link-value").get_text())[1]


@pytest.mark.parametrize(
    "nick, account", [("dora", "customer"), ("paula", "partner"), ("paula", "customer"), ("cora", "customer")]
)
def test_an_invited_person_chooses_a_password(browse, world, app, nick, account):
    page = invite(browse(nick), getattr(world, account))
    assert page.status == 200
    assert "works once" in page.text
    guest = browse()
    chosen = guest.submit(guest.visit(link_on(page)), new=PASSWORD, repeat=PASSWORD)
    assert chosen.status == 200
    assert browse().sign_in("nia@new.example", PASSWORD).status == 200
    assert person(app, "nia@new.example").account_id == getattr(world, account).id
    assert guest.visit(link_on(page)).status == 404


@pytest.mark.parametrize("htmx", [False, True])
def test_the_link_is_shown_once_and_nowhere_else(browse, world, app, htmx):
    dora = browse("dora", htmx=htmx)
    page = invite(dora, world.customer)
    token = link_on(page).rpartition("/")[2]
    assert page.is_whole
    assert token not in page.url
    assert all(token not in cookie for cookie in page.headers.getlist("Set-Cookie"))
    nia = person(app, "nia@new.example")
    for endpoint, values in (("accounts.users.edit", {"user_id": nia.id}), ("accounts.show", {})):
        assert token not in dora.open(endpoint, account_id=world.customer.id, **values).body
    with app.app_context():
        assert not any(token in (row.after or "") + (row.why or "") for row in AuditEntry.query)


def test_the_same_answer_loaded_again_makes_no_second_link(browse, world, app):
    dora = browse("dora")
    page = dora.open("accounts.users.edit", account_id=world.customer.id, user_id=world.carl.id)
    first = dora.submit(page, "Make a new link")
    stored = person(app, world.carl.email).link_hash
    again = dora.submit(page, "Make a new link")
    assert LINK.search(again.text) is None
    assert "No link was made" in again.flash
    assert person(app, world.carl.email).link_hash == stored
    third = dora.submit(again, "Make a new link")
    assert link_on(third) != link_on(first)
    assert browse().visit(link_on(first)).status == 404


def test_a_person_made_twice_is_refused(browse, world):
    dora = browse("dora")
    page = dora.open("accounts.users.new", account_id=world.customer.id)
    fields = {"name": "Nia New", "email": "nia@new.example"}
    dora.submit(page, "Make the link", **fields)
    again = dora.submit(page, "Make the link", **fields)
    assert (again.status, LINK.search(again.text)) == (422, None)


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"name": ""}, "Enter a name."),
        ({"email": "carl"}, "Enter an e-mail address"),
        ({"email": ""}, "Enter an e-mail address"),
        ({"email": "rita@rival.example"}, "This address cannot be used here"),
        ({"role": "owner"}, "Choose a role."),
        ({"name": "x" * 10_000}, "Use at most 120 characters"),
        ({"name": "a\0b"}, "Leave out control characters"),
    ],
)
def test_bad_input_stands_beside_its_field(browse, world, fields, sentence):
    page = invite(browse("paula"), world.customer, **fields)
    assert page.status == 422
    assert sentence in " ".join(page.errors)


def test_nobody_finds_out_by_guessing_who_else_is_here(app, browse, world):
    with app.app_context():
        paula = db.session.get(User, world.paula.id)
        for _ in range(limits.TAKEN.outside.person - 1):
            limits.check(limits.TAKEN, by=paula)
    paula = browse("paula")
    assert invite(paula, world.customer, email="new-1@example.example").status == 200
    assert "cannot be used here" in " ".join(invite(paula, world.customer, email=world.rita.email).errors)
    for email in (world.rita.email, "nobody@example.example"):
        assert "Too many addresses" in " ".join(invite(paula, world.customer, email=email).errors)
    edit = paula.open("accounts.users.edit", account_id=world.customer.id, user_id=world.carl.id)
    assert "Too many addresses" in " ".join(paula.submit(edit, "Save", email=world.rita.email).errors)
    assert paula.submit(edit, "Save", name="Carl Older").flash == "Saved."
    told = invite(browse("dora"), world.customer, email=world.rita.email).errors
    assert f"{world.rita.name} of {world.rival.name} has this address already." in " ".join(told)


def test_who_is_seen_anyway_is_named_and_counts_as_no_guess(app, browse, world):
    paula, told = browse("paula"), f"{world.carl.name} of {world.customer.name} has this address already."
    for _ in range(limits.TAKEN.outside.person + 1):
        assert told in " ".join(invite(paula, world.partner, email="CARL@customer.example").errors)
    edit = paula.open("accounts.users.edit", account_id=world.customer.id, user_id=world.cora.id)
    assert told in " ".join(paula.submit(edit, "Save", email=world.carl.email).errors)


def test_a_person_is_edited(browse, world):
    paula = browse("paula")
    page = paula.open("accounts.users.edit", account_id=world.customer.id, user_id=world.carl.id)
    saved = paula.submit(page, "Save", name="Carl Older", role="admin")
    assert (saved.h1, saved.flash) == ("Carl Older", "Saved.")
    stale = paula.submit(page, "Save", name="Carl Younger")
    assert stale.status == 409
    assert "Carl Younger" in stale.one(".comparison").get_text()
    assert "Carl Older" in stale.one(".comparison").get_text()
    assert world.reload(world.carl).name == "Carl Older"


def test_a_person_is_locked_out_and_let_in_again(browse, world):
    carl, cora = browse("carl"), browse("cora")
    page = cora.open("accounts.users.edit", account_id=world.customer.id, user_id=world.carl.id)
    locked = cora.submit(page, "Disable this person")
    assert "can no longer sign in" in locked.flash
    assert carl.open("auth.password.edit").url.startswith("/sign-in")
    let_in = cora.submit(locked, "Let this person sign in again")
    assert "can sign in again" in let_in.flash
    assert browse("carl").open("auth.password.edit").status == 200


def test_the_last_administrator_stays(browse, world):
    other = world.user(world.distributor, world.dora.role)
    dora = browse("dora")
    page = dora.open("accounts.users.edit", account_id=world.distributor.id, user_id=world.dora.id)
    assert "Disable this person" not in page.buttons
    refused = dora.post("accounts.users.disable", account_id=world.distributor.id, user_id=world.dora.id)
    assert (refused.status, world.reload(world.dora).disabled_at) == (409, None)
    assert "cannot disable yourself" in refused.flash
    dora.post("accounts.users.disable", account_id=world.distributor.id, user_id=other.id)
    alone = dora.submit(page, "Save", role="operator")
    assert alone.status in (409, 422)
    assert world.reload(world.dora).role.value == "admin"


def test_no_new_people_for_a_disabled_account(browse, world):
    world.edit(world.customer, disabled_at=world.customer.created_at)
    dora = browse("dora")
    assert "Invite somebody" not in dora.open("accounts.show", account_id=world.customer.id).links
    refused = invite(dora, world.customer)
    assert refused.status == 409
    assert "Enable the account first" in refused.text
    assert refused.value("email") == "nia@new.example"


@pytest.mark.parametrize("nick", ["dana", "vera", "pavel", "carl", "cleo"])
def test_nobody_else_manages_people(browse, world, nick):
    browser = browse(nick)
    where = {"account_id": world.customer.id, "user_id": world.carl.id}
    for act in ("edit", "disable", "enable", "link"):
        assert browser.post(f"accounts.users.{act}", **where).status == 403
    assert browser.open("accounts.users.new", account_id=world.customer.id).status == 403
    page = browser.open("accounts.show", account_id=world.customer.id)
    assert "Invite somebody" not in page.links
    assert world.reload(world.carl).disabled_at is None


def test_a_person_stands_below_its_own_account_only(browse, world):
    paula = browse("paula")
    for account, user in ((world.partner, world.carl), (world.customer, world.remy), (world.rival, world.rita)):
        for act in ("disable", "link", "edit"):
            assert paula.post(f"accounts.users.{act}", account_id=account.id, user_id=user.id).status == 404
        assert paula.open("accounts.users.edit", account_id=account.id, user_id=user.id).status == 404


def test_the_administrator_lists_everybody(browse, world, monkeypatch):
    dora = browse("dora")
    page = dora.open("bss.users.index")
    assert len(page.rows) == 12
    found = dora.submit(page, "Search", q="NOVÁK")
    assert [row.split()[0] for row in found.rows] == ["Pavel"]
    assert len(dora.visit(f"/bss/setup/users?account={world.rival.id}").rows) == 1
    assert "There is no such account" in dora.visit("/bss/setup/users?account=99999").text
    assert "Nothing matches" in dora.submit(page, "Search", q="nobody at all").text
    monkeypatch.setattr(paging, "PAGE", 4)
    first = dora.open("bss.users.index")
    last = dora.press(first, "Last")
    assert len(dora.press(last, "Back").rows) == 4
    assert set(first.rows).isdisjoint(last.rows)


@pytest.mark.parametrize("nick, status", [("dana", 403), ("vera", 403), ("paula", 404), ("cora", 404)])
def test_nobody_else_lists_everybody(browse, nick, status):
    assert browse(nick).open("bss.users.index").status == status
