"""One-time links: choose a password, once, within seven days."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.core import tokens
from portal.extensions import db
from portal.models import Account, Role
from portal.services import accounts, users
from portal.services.accounts import account_merges
from tests.apps import opened
from tests.browser import Browser
from tests.people import PASSWORD
from tests.saved import now

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough

CHOSEN = "a calm new lantern"
PAGE = "/links"


@pytest.fixture
def invite(app, world):
    def make():
        with app.app_context():
            return users.create(
                account=world.customer,
                email="new@brightwood.example",
                name="Nia New",
                role=Role.VIEWER,
                by="command line",
            )

    return make


def choose(browser: Browser, token: str, password: str = CHOSEN):
    return send(browser, browser.visit(f"/links/{token}"), password)


def send(browser: Browser, page, password: str = CHOSEN):
    return browser.raw("POST", PAGE, data={"csrf_token": page.csrf_token, "new": password, "repeat": password})


def is_in(browser: Browser) -> bool:
    return browser.raw("GET", "/password").status_code == 200


def test_choosing_a_password_signs_in(app, world, invite):
    user, token = invite()
    browser = Browser(app)
    assert choose(browser, token).location == "/storefront/"
    assert is_in(browser)
    again = Browser(app)
    again.submit(again.visit("/sign-in?next=/password"), email=user.email, password=CHOSEN)
    assert is_in(again)


def test_it_shows_the_brand_of_the_partner_who_sells(app, world, invite):
    _user, token = invite()
    browser = Browser(app)
    page = browser.visit(f"/links/{token}")
    assert page.title == "Choose a password · Northlight IT"
    assert "Meridian" not in page.body
    assert choose(Browser(app), token, "short").status_code == 422
    with app.app_context():
        _user, own = users.create(
            account=world.partner, email="p@n.example", name="Pia", role=Role.VIEWER, by="command line"
        )
    assert browser.visit(f"/links/{own}").title.endswith("Meridian Distribution")


def test_opening_it_uses_nothing_up(app, invite):
    _user, token = invite()
    for _ in range(3):
        assert Browser(app).visit(f"/links/{token}").h1 == "Choose a password"
        assert Browser(app).raw("HEAD", f"/links/{token}").status_code == 303
    assert choose(Browser(app), token).status_code == 303


def test_it_works_once(app, invite):
    _user, token = invite()
    first, second = Browser(app), Browser(app)
    page = second.visit(f"/links/{token}")
    assert choose(first, token).status_code == 303
    late = send(second, page)
    assert late.status_code == 404
    assert "cannot be used any more" in late.text
    assert not is_in(second)
    reopened = Browser(app).visit(f"/links/{token}")
    assert (reopened.status, reopened.title) == (404, "This link cannot be used any more · Northlight IT")


def test_after_seven_days_it_is_over(app, world, invite):
    user, token = invite()
    world.edit(user, link_expires_at=user.link_expires_at - timedelta(days=7, seconds=1))
    page = Browser(app).visit(f"/links/{token}")
    assert (page.status, page.title) == (404, "This link cannot be used any more · Northlight IT")
    assert Browser(app).visit("/links/unknown").title == "This link cannot be used any more · Meridian Distribution"


def test_a_newer_link_replaces_it(app, world, invite):
    user, token = invite()
    with app.app_context():
        newer = users.renew_link(user, by="command line")
    assert Browser(app).raw("GET", f"/links/{token}").status_code == 404
    assert choose(Browser(app), newer).status_code == 303


def test_it_is_over_for_who_is_disabled(app, world, invite):
    user, token = invite()
    with app.app_context():
        users.disable(user, by="command line")
        users.enable(user, by="command line")
    assert Browser(app).raw("GET", f"/links/{token}").status_code == 404


def move(world) -> None:
    row = db.session.get(Account, world.customer.id)
    accounts.edit(row, version=row.version, details={}, parent_id=world.rival.id, by=world.dana, why="Asked for it")


def merge(world) -> None:
    row, kept = db.session.get(Account, world.customer.id), db.session.get(Account, world.rival_customer.id)
    account_merges.merge(row, kept, versions=(row.version, kept.version), why="The same", by=world.dana)


@pytest.mark.parametrize("leave", [move, merge])
def test_it_is_over_once_the_account_leaves_its_partner(app, world, invite, leave):
    """It was shown to an administrator of the partner, too. What the person got by mail goes on."""
    user, token = invite()
    world.edit(user, mailed_link_hash=tokens.digest("mailed"), mailed_link_expires_at=now() + timedelta(days=1))
    with app.app_context():
        leave(world)
    refused = Browser(app).visit(f"/links/{token}")
    assert refused.status == 404
    assert user.name not in refused.text
    assert choose(Browser(app), "mailed").location == "/storefront/"


def test_it_outlives_a_move_from_the_distributor(app, world):
    with app.app_context():
        row = db.session.get(Account, world.direct_customer.id)
        names = {"email": "new@direct.example", "name": "Nia New", "role": Role.VIEWER}
        _user, token = users.create(account=row, by=world.dora, **names)
        accounts.edit(row, version=row.version, details={}, parent_id=world.rival.id, by=world.dana)
    assert choose(Browser(app), token).location == "/storefront/"


def test_it_ends_the_sessions_of_who_has_forgotten_the_password(app, world):
    before = Browser(app)
    before.submit(before.visit("/sign-in?next=/password"), email=world.carl.email, password=PASSWORD)
    with app.app_context():
        token = users.renew_link(world.reload(world.carl), by="command line")
    assert is_in(before)
    assert choose(Browser(app), token).status_code == 303
    assert not is_in(before)


def test_a_weak_password_uses_nothing_up(app, invite):
    _user, token = invite()
    for weak in ("short", "NEW@brightwood.example", "aaaaaaaaaaaaaaa"):
        assert choose(Browser(app), token, weak).status_code == 422
    assert choose(Browser(app), token).status_code == 303


@pytest.mark.parametrize("token", ["x", "x" * 500, "%00", "%F0%9F%98%80", "..%5C"])
def test_anything_else_is_over_too(app, world, token):
    answer = Browser(app).raw("GET", f"/links/{token}")
    assert answer.status_code == 404
    assert "cannot be used any more" in answer.text


def test_the_address_of_the_page_says_nothing(app, invite):
    _user, token = invite()
    browser = Browser(app)
    page = browser.visit(f"/links/{token}")
    assert (page.url, page.trail) == (PAGE, (303,))
    assert token not in page.text
    cookie = browser.client.get_cookie("link")
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.max_age <= 30 * 60
    assert send(browser, page).status_code == 303
    assert browser.client.get_cookie("link") is None, "used up, it is forgotten"


def test_where_nobody_opened_one_there_is_no_page(app, world):
    assert "cannot be used any more" in Browser(app).raw("GET", PAGE).text
    assert Browser(app).raw("GET", PAGE).status_code == 404


def test_with_tls_the_cookie_goes_to_this_host_alone(settings, app, invite):
    _user, token = invite()
    with opened(replace(settings, secure_cookies=True)) as secure:
        said = Browser(secure).raw("GET", f"/links/{token}").headers.getlist("Set-Cookie")
    (link,) = [each for each in said if token in each]
    assert link.startswith("__Host-link=")
    assert "; Secure" in link
    assert "; Path=/;" in link
