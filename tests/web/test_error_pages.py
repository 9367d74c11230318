"""When something is in the way: a calm page with a way back, for everybody, and a sentence in #flash for htmx."""

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import abort

from portal.core.errors import (
    AttemptOpen,
    Conflict,
    NotAllowed,
    NotVisible,
    StaleVersion,
    TooMany,
    Unavailable,
)
from portal.web.security.guards import public
from tests.browser import Browser
from tests.page import TOKEN, Page
from tests.people import PASSWORD

pytestmark = pytest.mark.sqlite

HTMX = {"HX-Request": "true"}
RAISED = {
    "not-visible": (NotVisible(), 404),
    "not-allowed": (NotAllowed("Not you."), 403),
    "conflict": (Conflict("It is gone.", link=None), 409),
    "stale": (StaleVersion("Somebody was faster."), 409),
    "open": (AttemptOpen("It is under way."), 409),
    "unavailable": (Unavailable("BitTitan did not answer."), 409),
    "too-many": (TooMany(90), 429),
    "database": (OperationalError("SELECT 1", {}, Exception("gone")), 503),
    "bug": (KeyError("secret detail"), 500),
}
ABORTED = (400, 401, 403, 404, 405, 409, 413, 422, 500)


@pytest.fixture
def app(app):
    @app.route("/raise/<word>")
    @public
    def raise_it(word):
        raise RAISED[word][0]

    @app.route("/abort/<int:code>")
    @public
    def abort_with(code):
        abort(code)

    return app


@pytest.fixture(params=[None, "dana", "carl"])
def browser(request, app, world):
    browser = Browser(app)
    if request.param:
        email = getattr(world, request.param).email
        browser.submit(browser.visit("/sign-in?next=/password"), email=email, password=PASSWORD)
    return browser


@pytest.mark.parametrize("code", ABORTED)
def test_each_code_is_a_page_with_a_way_back(browser, code):
    check(browser, f"/abort/{code}", code)


@pytest.mark.parametrize("word", RAISED)
def test_each_no_is_a_page_with_a_way_back(browser, word):
    check(browser, f"/raise/{word}", RAISED[word][1])


def check(browser, url, code):
    answer = browser.raw("GET", url)
    page = Page(answer, url=url)
    assert answer.status_code == code
    assert page.h1
    assert page.title.startswith(page.h1)
    assert page.soup.select("main a.btn--primary[href]")
    assert "secret detail" not in answer.text
    assert "gone)" not in answer.text
    fragment = browser.raw("GET", url, headers=HTMX)
    assert fragment.status_code == code
    assert fragment.headers["HX-Retarget"] == "#flash"
    assert page.h1 in Page(fragment, url=url).text
    assert "<html" not in fragment.text


def test_it_asks_nothing_beyond_whose_request_it_is(browser, sql):
    with sql() as statements:
        browser.raw("GET", "/no/such/page")
    assert len(statements) <= 1


def test_with_the_database_gone_the_page_still_comes(app, world, monkeypatch):
    browser = Browser(app)
    browser.submit(browser.visit("/sign-in?next=/password"), email=world.dana.email, password=PASSWORD)

    def gone(_token):
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr("portal.services.users.sign_in.visit", gone)
    answer = browser.raw("GET", "/password")
    assert answer.status_code == 503
    assert "database cannot be used" in answer.text
    assert browser.raw("GET", "/no/such/page").status_code == 404


def test_too_many_says_when(app, world):
    answer = app.test_client().get("/raise/too-many")
    assert answer.headers["Retry-After"] == "90"
    assert "in 2 minutes" in answer.text


def test_a_page_of_somebody_else_and_no_page_answer_alike(browser):
    """But for the token, which is another one each second."""
    foreign, absent = (TOKEN.sub("", browser.raw("GET", url).text) for url in ("/raise/not-visible", "/no/such/page"))
    assert foreign == absent


def test_a_method_that_is_not_offered_is_named(app):
    answer = app.test_client().get("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("url", ["/static/none.css", "/static/js/none.js", "/static/", "/static/%2e%2e/portal.db"])
def test_a_file_that_is_not_there_is_answered_with_a_page_that_nobody_keeps(browser, url):
    """It stands in the frame of the person; a proxy that keeps files would hand it to the next one."""
    answer = browser.raw("GET", url)
    assert (answer.status_code, answer.headers.get("Cache-Control")) == (404, "no-store")
    assert "no-store" not in browser.raw("GET", "/static/css/base.css").headers.get("Cache-Control", "")


def test_a_huge_body_is_refused(app, world):
    browser = Browser(app)
    page = browser.visit("/sign-in")
    body = {"csrf_token": page.csrf_token, "email": "x" * 1_100_000, "password": "y"}
    assert browser.raw("POST", "/sign-in", data=body).status_code == 413
