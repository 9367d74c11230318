"""Sessions: how they begin, what ends them, what the browser holds."""

import re
import statistics
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import SignIn
from portal.services import users
from portal.services.users import passwords
from tests.browser import Browser
from tests.people import PASSWORD

pytestmark = pytest.mark.sqlite

PAGE = "/password"


@pytest.fixture
def enter(app, world):
    """`enter("dana")`: a browser that has just signed in; nobody's for None."""

    def start(nick: str | None, **fields) -> Browser:
        browser = Browser(app)
        if nick is not None:
            typed = {"email": getattr(world, nick).email, "password": PASSWORD} | fields
            browser.submit(browser.visit(f"/sign-in?next={PAGE}"), **typed)
        return browser

    return start


def is_in(browser: Browser) -> bool:
    return browser.raw("GET", PAGE).status_code == 200


def cookie(browser: Browser) -> dict:
    value = browser.client.get_cookie("session").value
    return browser.app.session_interface.get_signing_serializer(browser.app).loads(value)


def age(app, **ages) -> None:
    """Puts instants of all sessions into the past."""
    with app.app_context(), transaction():
        for row in db.session.scalars(select(SignIn)):
            for column, by in ages.items():
                setattr(row, column, getattr(row, column) - by)


def test_every_wrong_kind_gets_the_same_answer(app, world, enter):
    world.edit(world.pavel, disabled_at=clock_now(app))
    world.edit(world.penny, password_hash=None)
    strange = ["nobody@nowhere.example", "a\0b", "x" * 10_000, "😀", "‮evil", "=1+1"]
    emails = [world.dana.email, world.pavel.email, world.penny.email, *strange]
    answers = set()
    for email in emails:
        browser = enter(None)
        page = browser.submit(browser.visit("/sign-in"), email=email, password="wrong password")
        assert page.status == 422
        shown = re.sub(r'value="[^"]*"', "", page.soup.main.decode())
        answers.add(shown)
    assert len(answers) == 1


def clock_now(app):
    with app.app_context():
        return clock.now()


def test_a_person_who_cannot_sign_in_does_not_with_the_right_password(app, world, enter):
    world.edit(world.pavel, disabled_at=clock_now(app))
    world.edit(world.rival, disabled_at=clock_now(app))
    for nick in ("pavel", "rita"):
        assert not is_in(enter(nick)), nick


def test_it_takes_as_long_for_nobody_as_for_somebody():
    known = passwords.chosen(PASSWORD)

    def seconds(stored: str | None) -> float:
        times = []
        for _ in range(5):
            begun = time.thread_time()  # what others do meanwhile does not count
            assert not passwords.matches(stored, "a wrong guess")
            times.append(time.thread_time() - begun)
        return statistics.median(times)

    assert 0.5 < seconds(known) / seconds(None) < 2


@pytest.mark.parametrize("typed", ["DANA@distributor.example", "  dana@Distributor.Example "])
def test_an_address_is_folded_and_trimmed(enter, typed):
    assert is_in(enter("dana", email=typed))


def test_the_browser_holds_a_token_and_the_database_its_hash(app, enter):
    dana = enter("dana")
    held = cookie(dana)
    assert held.keys() <= {"_user_id", "csrf_token", "_flashes"}
    with app.app_context():
        stored = db.session.scalars(select(SignIn.token_hash)).all()
    assert len(stored) == 1
    assert held["_user_id"] not in stored[0]


def test_signing_in_begins_a_new_session(enter, app):
    dana = enter(None)
    dana.visit("/sign-in")
    before = cookie(dana)["csrf_token"]
    dana.submit(dana.visit(f"/sign-in?next={PAGE}"), email="dana@distributor.example", password=PASSWORD)
    first = cookie(dana)
    assert first["csrf_token"] != before
    paula = {"email": "paula@partner.example", "password": PASSWORD}
    dana.post("/sign-in", {**paula, "next": PAGE})
    assert cookie(dana)["_user_id"] != first["_user_id"]
    thief = enter(None)
    thief.client.set_cookie("session", _signed(app, first))
    assert not is_in(thief)


def _signed(app, held: dict) -> str:
    return app.session_interface.get_signing_serializer(app).dumps(held)


def test_signing_out_ends_copies_of_the_cookie_too(app, enter):
    dana, copy = enter("dana"), enter(None)
    copy.client.set_cookie("session", dana.client.get_cookie("session").value)
    assert is_in(copy)
    dana.post("/sign-out")
    assert not is_in(dana)
    assert not is_in(copy)


def test_a_changed_password_ends_all_other_sessions(enter):
    here, elsewhere = enter("dana"), enter("dana")
    before = cookie(here)["_user_id"]
    page = here.visit(PAGE)
    here.raw("POST", PAGE, data={
        "csrf_token": page.csrf_token, "current": PASSWORD,
        "new": "another calm lantern", "repeat": "another calm lantern",
    })  # fmt: skip
    assert is_in(here)
    assert cookie(here)["_user_id"] != before
    assert not is_in(elsewhere)
    assert not is_in(enter("dana"))
    assert is_in(enter("dana", password="another calm lantern"))


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"current": "not this one"}, "not your current password"),
        ({"new": "too short", "repeat": "too short"}, "at least 12"),
        ({"new": "x" * 1001, "repeat": "x" * 1001}, "at most 1000"),
        ({"new": "DANA@distributor.example", "repeat": "DANA@distributor.example"}, "other than your name"),
        ({"repeat": "something else again"}, "not the same"),
        ({"new": "", "repeat": ""}, "Enter a new password"),
    ],
)
def test_a_password_that_cannot_be_says_why(enter, fields, sentence):
    dana = enter("dana")
    typed = {"current": PASSWORD, "new": "another calm lantern", "repeat": "another calm lantern"} | fields
    page = dana.submit(dana.visit(PAGE), **typed)
    assert page.status == 422
    assert any(sentence in error for error in page.errors)
    assert len(page.soup.select("[autofocus]")) == 1
    assert typed["new"] == "" or typed["new"] not in page.text
    assert is_in(enter("dana"))


def test_disabling_ends_sessions_at_once(app, world, enter):
    pavel = enter("pavel")
    with app.app_context():
        users.disable(world.reload(world.pavel), by="command line")
        users.enable(world.reload(world.pavel), by="command line")
    assert not is_in(pavel)


def test_a_disabled_account_shuts_its_people_out(app, world, enter):
    paula = enter("paula")
    world.edit(world.partner, disabled_at=clock_now(app))
    assert not is_in(paula)


def test_two_hours_without_use_end_a_session(app, enter):
    dana = enter("dana")
    age(app, seen_at=timedelta(hours=1.9), expires_at=timedelta(hours=1.9))
    assert is_in(dana)
    age(app, seen_at=timedelta(hours=1.9), expires_at=timedelta(hours=1.9))
    assert is_in(dana)
    age(app, seen_at=timedelta(hours=2.1), expires_at=timedelta(hours=2.1))
    assert not is_in(dana)


def test_twelve_hours_end_it_in_any_case(app, enter):
    dana = enter("dana")
    age(app, created_at=timedelta(hours=11.9), seen_at=timedelta(hours=1), expires_at=timedelta(hours=1))
    assert is_in(dana)
    age(app, created_at=timedelta(hours=0.2), seen_at=timedelta(hours=0.2), expires_at=timedelta(hours=0.2))
    assert not is_in(dana)


def test_polling_does_not_prolong(app, enter):
    dana = enter("dana")
    for _ in range(2):
        age(app, seen_at=timedelta(hours=1.1), expires_at=timedelta(hours=1.1))
        dana.raw("GET", PAGE, headers={"X-Poll": "1", "HX-Request": "true"})
    assert not is_in(dana)


def test_use_is_noted_once_a_minute(app, enter, sql):
    dana = enter("dana")
    with sql() as statements:
        is_in(dana)
    assert [each.split()[0] for each in statements] == ["SELECT"]
    age(app, seen_at=timedelta(seconds=61))
    with sql() as statements:
        is_in(dana)
    assert [each.split()[0] for each in statements] == ["SELECT", "UPDATE"]


@pytest.mark.parametrize(
    "goal",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/%5Cevil", "javascript:alert(1)", "/\t/evil.example",
     "\x00/password", "/no-such-page", "http:/password", "/sign-out", "/" + "a" * 3000],
)  # fmt: skip
def test_next_leads_only_to_pages_of_the_portal(enter, world, goal):
    dana = enter(None)
    page = dana.visit("/sign-in")
    answer = dana.raw("POST", "/sign-in", data={
        "csrf_token": page.csrf_token, "email": world.dana.email, "password": PASSWORD, "next": goal,
    })  # fmt: skip
    assert answer.status_code == 303
    assert answer.location == "/bss/"


def test_who_is_not_signed_in_comes_back_to_the_page(enter, world):
    dana = enter(None)
    page = dana.visit(f"{PAGE}?of=7")
    assert page.url.startswith("/sign-in")
    answer = dana.raw("POST", "/sign-in", data={
        "csrf_token": page.csrf_token, "email": world.dana.email, "password": PASSWORD, "next": page.value("next"),
    })  # fmt: skip
    assert answer.location == f"{PAGE}?of=7"


def test_without_a_token_nothing_is_done(enter, world):
    dana = enter(None)
    answer = dana.raw("POST", "/sign-in", data={"email": world.dana.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert not is_in(dana)


def test_old_sessions_are_swept_away(app, enter):
    enter("dana")
    with app.app_context(), transaction():
        db.session.execute(update(SignIn).values(expires_at=clock.now() - timedelta(days=2)))
    enter("paula")
    with app.app_context():
        assert len(db.session.scalars(select(SignIn)).all()) == 1
