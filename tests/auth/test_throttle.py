"""Guessing passwords: slow for attackers, whatever they hold, and never a lock on the person."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Throttle
from portal.services import users
from portal.services.users import sign_in_throttle
from portal.services.users.devices import DeviceTrust
from portal.services.users.sign_in_throttle import SignInTry
from tests.apps import opened
from tests.browser import Browser
from tests.people import PASSWORD
from tests.settings import ROOT

WRONG = "not the password"
FREE = sign_in_throttle.PAIR.free


def most_in_a_day(bucket: sign_in_throttle.Bucket) -> int:
    """Guesses of somebody who never pauses and never guesses right."""
    *ramp, last = sign_in_throttle.DELAYS
    return bucket.free + len(ramp) + (timedelta(days=1) - sum(ramp, timedelta())) // last


def attempt(app, email: str, password: str = WRONG, address: str = "192.0.2.1", browser: Browser | None = None):
    """The plain answer to one attempt to sign in."""
    browser = browser or Browser(app)
    token = browser.visit("/sign-in").csrf_token
    return browser.raw(
        "POST",
        "/sign-in",
        data={"csrf_token": token, "email": email, "password": password},
        environ_overrides={"REMOTE_ADDR": address},
    )


def later(app, by: timedelta) -> None:
    with app.app_context(), transaction():
        for row in db.session.scalars(select(Throttle)):
            row.expires_at -= by


def at_home(app, person, password: str = PASSWORD) -> Browser:
    """A browser that this person has signed in with, and whose session is over."""
    home = Browser(app)
    assert attempt(app, person.email, password, browser=home).status_code == 303
    home.client.delete_cookie("session")
    return home


def copy_of(home: Browser) -> Browser:
    """Somebody else's, with the device cookie of this one."""
    copy = Browser(home.app)
    copy.client.set_cookie("device", home.client.get_cookie("device").value)
    return copy


def test_the_sixth_guess_is_refused_and_told_when(app, world):
    answers = [attempt(app, world.dana.email) for _ in range(FREE + 1)]
    assert [each.status_code for each in answers] == [422] * FREE + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "Try again in a minute, at " in answers[-1].text
    assert "ask an administrator of your account for a new link" in answers[-1].text
    assert attempt(app, world.dana.email, PASSWORD).status_code == 429
    assert attempt(app, world.dana.email, PASSWORD, address="192.0.2.2").status_code == 303


def test_the_wait_grows_to_a_quarter_of_an_hour_and_no_further(app, world):
    waits = []
    for _ in range(FREE + 7):
        answer = attempt(app, world.dana.email)
        if answer.status_code == 429:
            waits.append(round(int(answer.headers["Retry-After"]) / 60))
            later(app, timedelta(minutes=waits[-1]))
            assert attempt(app, world.dana.email).status_code == 422
    assert waits == [1, 2, 4, 8, 15, 15, 15]
    later(app, sign_in_throttle.MEMORY)
    assert [attempt(app, world.dana.email).status_code for _ in range(FREE + 1)] == [422] * FREE + [429]


def test_nobodys_address_is_throttled_alike(app, world):
    answers = [attempt(app, "nobody@nowhere.example").status_code for _ in range(FREE + 1)]
    assert answers == [422] * FREE + [429]


def test_all_processes_count_together(app, world, settings):
    with opened(settings) as other:
        for each in (app, other, app, other, app):
            assert attempt(each, world.dana.email).status_code == 422
        assert attempt(other, world.dana.email).status_code == 429


def test_a_browser_that_was_here_before_is_not_locked_out(app, world):
    home = at_home(app, world.dana)
    for number in range(sign_in_throttle.PERSON.free + 1):
        attempt(app, world.dana.email, address=f"198.51.100.{number}")
    assert attempt(app, world.dana.email, PASSWORD, address="203.0.113.9").status_code == 429
    assert attempt(app, world.dana.email, PASSWORD, browser=home).status_code == 303


@pytest.mark.usefixtures("world")
def test_guesses_from_one_address_lock_out_nobody_behind_it_who_was_here_before(app, world):
    home = at_home(app, world.paula)
    with app.app_context():
        for number in range(sign_in_throttle.ADDRESS.free):
            sign_in_throttle.admit(SignInTry(f"{number}@x.example", "192.0.2.1", DeviceTrust.STRANGER))
    assert attempt(app, world.dana.email, PASSWORD).status_code == 429, "a stranger there has to wait"
    assert attempt(app, world.paula.email, PASSWORD, browser=home).status_code == 303


def test_all_older_cookies_of_a_person_share_one_count_and_her_newest_has_its_own(app, world):
    first = at_home(app, world.dana)
    copies = [copy_of(first)]
    for _ in range(3):
        attempt(app, world.dana.email, PASSWORD, browser=first)
        first.client.delete_cookie("session")
        copies.append(copy_of(first))
    newest = at_home(app, world.dana)
    answers = [attempt(app, world.dana.email, browser=copies[n % 4]).status_code for n in range(12)]
    assert answers == [422] * FREE + [429] * (12 - FREE)
    assert attempt(app, world.dana.email, PASSWORD, browser=copies[0]).status_code == 429
    assert attempt(app, world.dana.email, PASSWORD, browser=newest).status_code == 303


def test_a_cookie_ends_with_the_password(app, world):
    """With it, it is a stranger's: no count of its own is left."""
    home = at_home(app, world.dana)
    old = copy_of(home)
    page = home.sign_in(world.dana.email, PASSWORD)
    words = "another calm lantern"
    home.submit(home.visit("/password"), current=PASSWORD, new=words, repeat=words)
    assert page.status == 200
    for number in range(sign_in_throttle.PERSON.free):
        attempt(app, world.dana.email, address=f"198.51.100.{number}")
    assert attempt(app, world.dana.email, words, browser=old).status_code == 429
    home.client.delete_cookie("session")
    assert attempt(app, world.dana.email, words, browser=home).status_code == 303


def test_a_cookie_is_good_for_one_person_and_cannot_be_forged(app, world):
    home = at_home(app, world.dana)
    for _ in range(FREE):
        attempt(app, world.paula.email)
    assert attempt(app, world.paula.email, PASSWORD, browser=home).status_code == 429
    home.client.set_cookie("device", home.client.get_cookie("device").value[:-2] + "AA")
    for _ in range(FREE):
        attempt(app, world.dana.email)
    assert attempt(app, world.dana.email, PASSWORD, browser=home).status_code == 429


def test_success_begins_anew(app, world):
    for _ in range(3):
        for _ in range(FREE - 1):
            assert attempt(app, world.dana.email).status_code == 422
        assert attempt(app, world.dana.email, PASSWORD).status_code == 303


@pytest.mark.sqlite  # no database decides it: once is enough
def test_one_ipv6_subscriber_counts_as_one(app, world):
    for number in range(FREE):
        attempt(app, world.dana.email, address=f"2001:db8:1:2::{number:x}")
    assert attempt(app, world.dana.email, address="2001:db8:1:2:ffff::1").status_code == 429
    assert attempt(app, world.dana.email, address="2001:db8:1:3::1").status_code == 422


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    "first, same, other",
    [
        ("192.0.2.1:4001", "192.0.2.1", "192.0.2.2:4001"),
        ("[2001:db8:1:2::1]:4001", "2001:db8:1:2::9", "[2001:db8:1:3::1]:4001"),
    ],
)
def test_a_port_that_a_proxy_names_makes_no_other_address_and_not_all_of_them_one(app, world, first, same, other):
    for number in range(FREE):
        attempt(app, world.dana.email, address=first.replace("4001", str(4001 + number)))
    assert attempt(app, world.dana.email, address=same).status_code == 429
    assert attempt(app, world.dana.email, address=other).status_code == 422


def test_a_new_password_that_is_refused_is_no_guess(app, world):
    dana = Browser(app)
    dana.arrive(world.dana.id)
    page = dana.visit("/password")
    for _ in range(FREE + 1):
        assert dana.submit(page, current=PASSWORD, new="Sommer2026!!", repeat="Sommer2026!!").status == 422


@pytest.mark.sqlite  # no database decides it: once is enough
class TestAttacker:
    """Never rests, and makes each guess the moment it may be made: for a day, with old cookies and many addresses."""

    COOKIES, ADDRESSES, NAMES = 4, 3, 5

    def guesses_of_a_day(self, app, plans: dict[str, list[SignInTry]]) -> dict[str, int]:
        made, minutes = dict.fromkeys(plans, 0), 0
        while True:
            waits = []
            for name, plan in plans.items():
                for guess in plan:
                    while (seconds := sign_in_throttle.admit(guess)) is None:
                        made[name] += 1
                    waits.append(seconds)
            step = -(-min(waits) // 60)
            minutes += step
            if minutes > 24 * 60:
                return made
            later(app, timedelta(minutes=step))

    def test_one_person_is_guessed_at_so_often_and_gets_in(self, app, world):
        first = at_home(app, world.dana)
        newest = at_home(app, world.dana)
        with app.app_context():
            strangers = [
                SignInTry(world.dana.email, f"192.0.2.{n}", DeviceTrust.STRANGER) for n in range(self.ADDRESSES)
            ]
            cookies = [SignInTry(world.dana.email, f"192.0.2.{n}", DeviceTrust.KNOWN) for n in range(self.COOKIES)]
            made = self.guesses_of_a_day(app, {"strangers": strangers, "cookies": cookies})
        assert most_in_a_day(sign_in_throttle.PERSON) == 109
        assert most_in_a_day(sign_in_throttle.DEVICES) == 104
        assert 90 < made["strangers"] <= most_in_a_day(sign_in_throttle.PERSON)
        assert 90 < made["cookies"] <= most_in_a_day(sign_in_throttle.DEVICES)
        assert attempt(app, world.dana.email, PASSWORD).status_code == 429
        assert attempt(app, world.dana.email, PASSWORD, browser=first).status_code == 429
        assert attempt(app, world.dana.email, PASSWORD, browser=newest).status_code == 303

    def test_a_link_lets_in_who_has_lost_every_browser(self, app, world):
        with app.app_context():
            every = [SignInTry(world.dana.email, "192.0.2.1", each) for each in DeviceTrust]
            while any(sign_in_throttle.admit(guess) is None for guess in every):
                pass
            token = users.renew_link(world.reload(world.dana), by="command line")
        guest, words = Browser(app), "another calm lantern"
        guest.submit(guest.visit(f"/links/{token}"), new=words, repeat=words)
        assert guest.raw("GET", "/password").status_code == 200
        guest.client.delete_cookie("session")
        assert attempt(app, world.dana.email, words, browser=guest).status_code == 429, "the newest is taken up as well"
        later(app, sign_in_throttle.DELAYS[-1])
        assert attempt(app, world.dana.email, words, browser=guest).status_code == 303

    @pytest.mark.usefixtures("app_context")
    def test_one_address_guesses_so_often_whatever_the_names(self, app):
        names = [SignInTry(f"{n}@x.example", "192.0.2.1", DeviceTrust.STRANGER) for n in range(self.NAMES)]
        made = self.guesses_of_a_day(app, {"one address": names})
        assert most_in_a_day(sign_in_throttle.ADDRESS) == 149
        assert 90 < made["one address"] <= most_in_a_day(sign_in_throttle.ADDRESS)


@pytest.mark.sqlite  # no database decides it: once is enough
def test_the_docs_state_the_numbers():
    rows = (ROOT / "docs" / "signing-in.md").read_text(encoding="utf-8")
    lanes = (
        sign_in_throttle.PAIR,
        sign_in_throttle.ADDRESS,
        sign_in_throttle.PERSON,
        sign_in_throttle.DEVICES,
        sign_in_throttle.NEWEST_DEVICE,
    )
    stated = re.findall(r"^\|[^|]+\| (\d+) \| (\d+) \|", rows, re.MULTILINE)
    assert stated == [(str(lane.free), str(most_in_a_day(lane))) for lane in lanes]


@pytest.mark.usefixtures("app_context")
class TestCounts:
    def test_a_refused_guess_uses_up_no_count(self):
        for _ in range(60):
            sign_in_throttle.admit(SignInTry("dana@x.example", "192.0.2.1", DeviceTrust.STRANGER))
        assert sign_in_throttle.admit(SignInTry("other@x.example", "192.0.2.1", DeviceTrust.STRANGER)) is None
        assert sign_in_throttle.admit(SignInTry("dana@x.example", "192.0.2.2", DeviceTrust.STRANGER)) is None

    def test_a_refused_guess_adds_no_row(self):
        """Otherwise whoever has to wait could fill the table with addresses that nobody has."""
        for name in range(sign_in_throttle.ADDRESS.free + 20):
            sign_in_throttle.admit(SignInTry(f"{name}@x.example", "192.0.2.1", DeviceTrust.STRANGER))
        assert db.session.query(Throttle).count() == 2 * sign_in_throttle.ADDRESS.free + 1

    def test_the_key_says_nothing_about_the_person(self):
        sign_in_throttle.admit(SignInTry("dana@x.example", "192.0.2.1", DeviceTrust.STRANGER))
        assert not any("dana" in row.key for row in db.session.query(Throttle))


def test_guesses_at_the_same_moment_are_no_more_than_the_limit(app):
    def guess(_):
        with app.app_context():
            return sign_in_throttle.admit(SignInTry("dana@x.example", "192.0.2.1", DeviceTrust.STRANGER))

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(guess, range(32)))
    assert answers.count(None) == FREE
