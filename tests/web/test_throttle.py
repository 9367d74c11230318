"""Guessing passwords: slow for attackers, never a lock on the person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.extensions import db
from portal.models import Throttle
from portal.services import clock, unit
from portal.services.users import throttle
from tests.apps import opened
from tests.browser import Browser
from tests.people import PASSWORD

WRONG = "not the password"


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


def test_the_sixth_guess_is_refused_and_told_when(app, world):
    answers = [attempt(app, world.dana.email) for _ in range(6)]
    assert [each.status_code for each in answers] == [422] * 5 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
    assert "Try again in 15 minutes, at " in answers[-1].text
    assert attempt(app, world.dana.email, PASSWORD).status_code == 429
    assert attempt(app, world.dana.email, PASSWORD, address="192.0.2.2").status_code == 303


def test_nobodys_address_is_throttled_alike(app, world):
    answers = [attempt(app, "nobody@nowhere.example").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_all_processes_count_together(app, world, settings):
    with opened(settings) as other:
        for each in (app, other, app, other, app):
            assert attempt(each, world.dana.email).status_code == 422
        assert attempt(other, world.dana.email).status_code == 429


def test_a_browser_that_was_here_before_is_not_locked_out(app, world):
    home = Browser(app)
    assert attempt(app, world.dana.email, PASSWORD, browser=home).status_code == 303
    home.client.delete_cookie("session")
    for number in range(40):
        attempt(app, world.dana.email, address=f"198.51.100.{number}")
    for _ in range(6):
        attempt(app, world.dana.email)
    assert attempt(app, world.dana.email, PASSWORD, address="203.0.113.9").status_code == 429
    assert attempt(app, world.dana.email, PASSWORD, browser=home).status_code == 303


def test_that_browser_has_a_count_of_its_own(app, world):
    home = Browser(app)
    attempt(app, world.dana.email, PASSWORD, browser=home)
    home.client.delete_cookie("session")
    answers = [attempt(app, world.dana.email, browser=home).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_its_cookie_is_good_for_one_address_and_cannot_be_forged(app, world):
    home = Browser(app)
    attempt(app, world.dana.email, PASSWORD, browser=home)
    home.client.delete_cookie("session")
    for _ in range(5):
        attempt(app, world.paula.email)
    assert attempt(app, world.paula.email, PASSWORD, browser=home).status_code == 429
    home.client.set_cookie("device", home.client.get_cookie("device").value[:-2] + "AA")
    for _ in range(5):
        attempt(app, world.dana.email)
    assert attempt(app, world.dana.email, PASSWORD, browser=home).status_code == 429


def test_success_begins_anew(app, world):
    for _ in range(3):
        for _ in range(4):
            assert attempt(app, world.dana.email).status_code == 422
        assert attempt(app, world.dana.email, PASSWORD).status_code == 303


def test_after_a_quarter_of_an_hour_it_is_open_again(app, world):
    for _ in range(6):
        attempt(app, world.dana.email)
    with app.app_context(), unit.writing():
        db.session.execute(update(Throttle).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert attempt(app, world.dana.email).status_code == 422


def test_one_ipv6_subscriber_counts_as_one(app, world):
    for number in range(5):
        attempt(app, world.dana.email, address=f"2001:db8:1:2::{number:x}")
    assert attempt(app, world.dana.email, address="2001:db8:1:2:ffff::1").status_code == 429
    assert attempt(app, world.dana.email, address="2001:db8:1:3::1").status_code == 422


@pytest.mark.usefixtures("app_context")
class TestCounts:
    def test_one_address_has_fifty(self):
        answers = [throttle.admit(f"{number}@x.example", "192.0.2.1", None) for number in range(51)]
        assert answers[:50] == [None] * 50
        assert answers[50]

    def test_one_email_has_thirty(self):
        answers = [throttle.admit("dana@x.example", f"192.0.2.{number}", None) for number in range(31)]
        assert answers[:30] == [None] * 30
        assert answers[30]

    def test_a_refused_guess_uses_up_no_wider_count(self):
        for _ in range(60):
            throttle.admit("dana@x.example", "192.0.2.1", None)
        assert throttle.admit("other@x.example", "192.0.2.1", None) is None
        assert throttle.admit("dana@x.example", "192.0.2.2", None) is None

    def test_the_key_says_nothing_about_the_address(self):
        throttle.admit("dana@x.example", "192.0.2.1", None)
        assert not any("dana" in row.key for row in db.session.query(Throttle))


def test_guesses_at_the_same_moment_are_no_more_than_the_limit(app):
    def guess(_):
        with app.app_context():
            return throttle.admit("dana@x.example", "192.0.2.1", None)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(guess, range(32)))
    assert answers.count(None) == 5
