"""Whatever htmx may ask for on any page answers as a good fragment: the manners of tests/manners.py look at each."""

import json
import re

import pytest

from tests.parsing import DOCTYPE
from tests.web.routes import expectations
from tests.web.rows import Rows, address, rules

pytestmark = pytest.mark.sqlite  # how an answer looks is the same on both
NUMBER = re.compile(r"\d+")
FILES = (".download", ".export", ".preview")
READERS = ("dora", "paula", "cora")
STATUSES = ("failed", "synchronized", "synchronizing", "unconfirmed", "review")


@pytest.fixture
def pages(app, world, browse, request):
    """Every page that this person may open, an asset's in each status."""
    nick = request.param
    browser, rows = browse(nick, htmx=True), Rows(world)
    for status in STATUSES:
        world.asset(status)

    def opened():
        for rule in rules(app):
            is_file = rule.endpoint == "static" or rule.endpoint.endswith(FILES)
            if is_file or expectations().get(("GET", rule.endpoint), {}).get(nick) != {200}:
                continue
            for status in STATUSES if "asset_id" in rule.arguments else (None,):
                yield browser.visit(address(app, rule, rows.values(rule, rows.own_account(nick), status)))

    return browser, opened


@pytest.mark.parametrize("pages", READERS, indirect=True)
def test_every_link_look_and_form_answers_a_fragment(pages):
    """In one walk: to make the rows and open the pages costs more than what is asked of them."""
    browser, opened = pages
    links, forms = set(), set()
    for page in opened():
        _ask_links(browser, page, links)
        _send_forms(browser, page, forms)
    assert links, "no page asks for anything: the test would prove nothing"
    assert forms, "no page has a form for htmx: the test would prove nothing"


def _ask_links(browser, page, seen: set) -> None:
    for element in page.soup.select("a[hx-get], form[hx-get], [hx-trigger][hx-get]"):
        key = (page.status, NUMBER.sub("<id>", element["hx-get"]), element["hx-target"])
        if key not in seen:
            seen.add(key)
            headers = json.loads(element.get("hx-headers", "{}"))  # of a poll
            answer = browser.visit(element["hx-get"], asked=element, headers=headers)
            assert answer.status == 200, f"{page.url}: {answer!r}"
            assert not answer.is_whole, f"{page.url}: {element['hx-get']} answers a whole page to htmx"


def _send_forms(browser, page, seen: set) -> None:
    """With every field left empty, and as it stands."""
    for form in page.soup.select("form[hx-post]"):
        key = NUMBER.sub("<id>", form["hx-post"]), form["hx-target"]
        if key in seen:
            continue
        seen.add(key)
        names = {control["name"] for control in form.select("[name]") if control["name"] != "csrf_token"}
        for fields in (dict.fromkeys(names, ""), {}):
            answer = browser.submit(page, form=form, **fields)
            assert answer.status in (200, 403, 409, 422), f"{page.url}: {answer!r}"
            assert not answer.is_whole, f"{page.url}: {form['hx-post']} answers a whole page to htmx"


@pytest.mark.parametrize("nick", READERS)
def test_history_gets_whole_pages(app, world, browse, nick):
    """Going back in the browser, htmx asks for what it does not keep: a fragment would be a page without a frame."""
    browser, rows = browse(nick), Rows(world)
    browser.is_watched = False  # the same pages as ever, whose manners other tests look at
    for rule in rules(app):
        is_page = rule.endpoint not in ("static", "healthz", "metrics") and not rule.endpoint.endswith(FILES)
        if is_page and expectations().get(("GET", rule.endpoint), {}).get(nick) == {200}:
            url = address(app, rule, rows.values(rule, rows.own_account(nick)))
            page = browser.visit(url, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
            assert page.body.startswith(DOCTYPE), url
            assert page.body.rstrip().endswith("</html>"), url
