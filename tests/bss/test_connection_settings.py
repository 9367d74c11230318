"""Setup > BitTitan > Edit: what a test says in words, and a password that is never shown again."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Connection, SignIn
from portal.sandbox.storage.shapes import organization_id
from tests.keys import setting
from tests.providers.raw_server import RawServer, answer, says
from tests.sandbox_process import SandboxProcess, free_port
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite  # what is saved is proved on both in tests/services/connection

EMAIL, CANARY = "portal@distributor.example", "canary-Password-7f3a"
EDIT = "bss.connection.edit"


@pytest.fixture
def settings(database_url, sandbox, tmp_path, request):
    given = {"CREDENTIAL_KEYS": setting(1)} | getattr(request, "param", {})
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), **given)


@pytest.fixture
def dora(browse):
    return browse("dora")


@pytest.fixture
def other(tmp_path):
    (tmp_path / "other").mkdir()
    with SandboxProcess(tmp_path / "other", password=CANARY, seed=7) as process:
        yield process


@pytest.fixture
def ask(dora):
    """`ask("Test connection", url=…)`: the page with the answer."""

    def act(button: str = "Test connection", page=None, **typed):
        return dora.ask(page or dora.open(EDIT), button, **typed)

    return act


def test_a_test_of_what_is_in_use_says_what_works(ask, world, sandbox):
    page = ask()
    assert page.status == 200
    for sentence in (
        "The connection works", "The server accepts the e-mail address and the password.",
        "Once it is saved, this database belongs to it for ever", "product types", "The server answers it.",
        "After a lost answer the portal finds the coupon, or proves that there is none.",
    ):  # fmt: skip
        assert sentence in page.text
    assert world.find(Connection, 1).organization_id is None


@pytest.mark.parametrize(
    "kind, chosen, says_so",
    [
        ("idempotent", "idempotent", ("The connection works", "cannot be tested without buying")),
        ("blind", "blind", ("The connection works", "such an asset needs a person’s review")),
        ("searchable", "blind", ("The connection works", "But this server can be searched")),
        ("blind", "searchable", ("The connection does not work", "The server does not offer it", "“Blind”")),
        ("blind", "idempotent", ("The connection does not work", "“Blind”")),
    ],
)
def test_it_says_what_this_kind_can_prove(ask, world, sandbox, kind, chosen, says_so):
    sandbox.control.configure(kind=kind)
    page = ask("Test and save", server=chosen)
    is_good = says_so[0] == "The connection works"
    if not is_good:
        assert all(sentence in page.text for sentence in (*says_so, "Nothing was saved."))
    else:
        assert "Saved." in page.flash
        assert all(sentence in ask(server=chosen).text for sentence in says_so)
    assert world.find(Connection, 1).server_kind == (chosen if is_good else None)


def _closed() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    "address, sentence",
    [
        (lambda _: "https://no-such-host.invalid", "was not found in the DNS"),
        (lambda _: _closed(), "Nothing listens at this address"),
        (lambda url: url.replace("http://", "https://"), "No secure connection could be made"),
    ],
    ids=["dns", "refused", "tls"],
)
@pytest.mark.parametrize("settings", [{"PROVISIONING_QUARANTINE": "600"}], indirect=True)
def test_why_it_cannot_sign_in(ask, sandbox, address, sentence):
    page = ask(url=address(sandbox.url), email=EMAIL, password=CANARY)
    assert "The connection does not work" in page.text
    assert sentence in page.text


@pytest.mark.parametrize(
    "ticket, sentence",
    [(b"<html>Welcome</html>", "not as BitTitan’s API does"), (None, "It cannot be read: the answer did not have")],
)
def test_something_else_that_answers(ask, world, sandbox, ticket, sentence):
    with RawServer(says(answer(200, b"<html>Welcome</html>"))) as server:
        server.ticket = ticket or server.ticket
        page = ask("Test and save", url=server.url, email=EMAIL, password=CANARY)
    assert "The connection does not work" in page.text
    assert sentence in page.text
    assert world.find(Connection, 1).server_url is None


def test_a_refused_password_and_another_organisation(ask, world, sandbox, other):
    assert "refuses this e-mail address and password" in ask(url=other.url, password="not the password").text
    world.edit(world.find(Connection, 1), organization_id=organization_id("somebody@else.example"))
    page = ask("Test and save", url=other.url, password=CANARY)
    assert f"organisation {organization_id(EMAIL)}, and this database to another" in page.text
    assert "A sign-in of another one is not accepted" in page.text
    assert world.find(Connection, 1).server_url is None


def test_a_sandbox_that_is_stopped(app, browse, dora, world, tmp_path):
    port = app.config["PORTAL"].sandbox_port
    stopped = free_port()
    object.__setattr__(app.config["PORTAL"], "sandbox_port", stopped)
    try:
        world.edit(world.find(Connection, 1), settings_version=1)
        page = dora.ask(dora.open(EDIT), "Test connection", url=f"http://127.0.0.1:{stopped}", password="sandbox")
    finally:
        object.__setattr__(app.config["PORTAL"], "sandbox_port", port)
    assert "The sandbox is not running. Start it with “flask sandbox”." in page.text


@pytest.mark.parametrize(
    "typed, sentence",
    [
        ({"url": ""}, "Enter an address."),
        ({"url": "bittitan"}, "starts with https://"),
        ({"url": "http://bittitan.example", "password": "x"}, "starts with https://"),
        ({"url": "https://bittitan.example", "password": "x"}, "PROVISIONING_QUARANTINE must be at least 304 seconds"),
        ({"url": "http://127.0.0.1:9"}, "The stored one is not sent to a new address"),
        ({"email": ""}, "Enter an e-mail address."),
        ({"email": "another@distributor.example"}, "Enter the password."),
    ],
)
def test_bad_input_is_said_beside_the_field(dora, sandbox, typed, sentence):
    page = dora.submit(dora.open(EDIT), "Test connection", **typed)
    assert (page.status, sentence in page.text) == (422, True)


def test_the_password_appears_nowhere_again(app, dora, browse, ask, world, sandbox, other, caplog):
    caplog.set_level(logging.DEBUG)
    waiting = dora.submit(dora.open(EDIT), "Test connection", url=other.url, password=CANARY)
    assert CANARY not in _database(app)
    pages = [waiting, dora.answered(waiting)]
    assert "kept for an hour" in pages[-1].text
    pages.append(ask("Test and save", pages[-1]))  # the one that was tested
    assert "Saved." in pages[-1].flash
    pages += [dora.open("bss.bittitan.show"), dora.open(EDIT)]
    assert "Stored on" in pages[-1].text
    assert "by Dora" in pages[-2].text
    html = "\n".join(str(page.soup) for page in pages)
    assert CANARY not in html
    with app.app_context():
        logging.getLogger("portal").warning("by mistake: %s", CANARY)
    assert CANARY not in caplog.text + _database(app)


def _database(app) -> str:
    """Every value of every table."""
    with app.app_context(), db.engine.connect() as connection:
        return "\n".join(
            repr(row)
            for table in db.metadata.sorted_tables
            for row in connection.execute(text(f"SELECT * FROM {table.name}"))
        )


def test_it_is_kept_for_the_same_address_only(dora, ask, sandbox, other):
    page = ask(url=other.url, password=CANARY)
    elsewhere = dora.submit(page, "Test connection", url=_closed())
    assert "Enter the password. The stored one is not sent to a new address." in elsewhere.text


def test_the_second_of_two_sees_both(ask, dora, world, sandbox, other):
    old = dora.open(EDIT)
    world.edit(world.find(Connection, 1), server_kind="idempotent", settings_version=1)
    page = ask("Test and save", old, server="searchable")
    assert (page.status, "Somebody else changed the connection" in page.text) == (409, True)
    assert "Saved." in ask("Test and save", page).flash
    assert world.find(Connection, 1).server_kind == "searchable"


def test_open_purchases_ask_for_a_tick(ask, dora, world, sandbox, other):
    world.asset("unconfirmed")
    page = ask("Test and save", url=other.url, password=CANARY)
    assert (page.status, "Tick this to change the server" in page.text) == (422, True)
    assert "is not settled" in page.text
    assert "Enter it again" in page.text
    assert "Saved." in ask("Test and save", page, url=other.url, password=CANARY, is_confirmed="y").flash


def test_one_s_own_password_is_asked_for_first(app, dora, world):
    with app.app_context(), transaction():
        db.session.execute(update(SignIn).values(authenticated_at=datetime.now(UTC) - timedelta(hours=1)))
    page = dora.open(EDIT)
    assert "Confirm that it is you" in page.text
    assert "Test connection" not in page.buttons
    assert "Enter your password to continue" in dora.press(page, "Go on").text


@pytest.mark.parametrize("settings", [{"CREDENTIAL_KEYS": ""}], indirect=True)
def test_without_a_key_it_says_how_to_set_one(dora, sandbox):
    page = dora.open(EDIT)
    assert "flask keys generate" in page.text
    assert "Test connection" not in page.buttons


GIVEN = {"BITTITAN_EMAIL": EMAIL, "BITTITAN_PASSWORD": "sandbox", "BITTITAN_SERVER": "idempotent"}


@pytest.mark.parametrize("settings", [GIVEN], indirect=True)
def test_what_the_environment_sets_is_shown_as_such(dora, sandbox):
    for endpoint in ("bss.bittitan.show", EDIT):
        page = dora.open(endpoint)
        assert "Set by BITTITAN_SERVER" in page.text
    assert "is sent to no address that is typed here" in page.text
    assert not page.soup.select("[name=url], [name=email], [name=password], [name=server]")


def test_the_status_command_says_where_each_value_comes_from(app, ask, sandbox, other):
    assert "Saved." in ask("Test and save", url=other.url, password=CANARY).flash
    said = app.test_cli_runner().invoke(args=("bittitan", "status", "--json"))
    facts = json.loads(said.stdout)
    sources = {name: facts[f"{name}_from"] for name in ("url", "email", "password", "server")}
    assert sources == dict.fromkeys(("url", "email", "password", "server"), "portal")
    assert CANARY not in said.output


def test_the_stored_password_is_not_used_for_one_that_is_not_kept_any_more(dora):
    page = dora.submit(dora.open(EDIT), "Test and save", tried="999")
    assert page.status == 422
    assert "Enter the password again." in page.text
