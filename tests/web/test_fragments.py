"""Whatever htmx may ask for on any page answers as a good fragment: the manners of tests/manners.py look at each."""

import json
import re

import pytest

from tests.web.routes import expectations
from tests.web.rows import Rows, address, rules

pytestmark = pytest.mark.sqlite  # how an answer looks is the same on both
FILES = (".download", ".export")
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
def test_every_link_and_every_look_answers_a_fragment(pages):
    browser, opened = pages
    seen = set()
    for page in opened():
        for element in page.soup.select("a[hx-get], form[hx-get], [hx-trigger][hx-get]"):
            key = (page.status, re.sub(r"\d+", "<id>", element["hx-get"]), element["hx-target"])
            if key not in seen:
                seen.add(key)
                headers = json.loads(element.get("hx-headers", "{}"))  # of a poll
                answer = browser.visit(element["hx-get"], asked=element, headers=headers)
                assert answer.status == 200, f"{page.url}: {answer!r}"
                assert not answer.is_whole, f"{page.url}: {element['hx-get']} answers a whole page to htmx"
    assert seen, "no page asks for anything: the test would prove nothing"


@pytest.mark.parametrize("pages", READERS, indirect=True)
def test_every_form_answers_htmx_with_a_fragment(pages):
    """As it stands, and with every field left empty."""
    browser, opened = pages
    seen = set()
    for page in opened():
        for form in page.soup.select("form[hx-post]"):
            key = re.sub(r"\d+", "<id>", form["hx-post"]), form["hx-target"]
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
    browser = browse(nick)
    rows = Rows(world)
    for rule in rules(app):
        is_page = rule.endpoint not in ("static", "healthz", "metrics") and not rule.endpoint.endswith(FILES)
        if is_page and expectations().get(("GET", rule.endpoint), {}).get(nick) == {200}:
            url = address(app, rule, rows.values(rule, rows.own_account(nick)))
            page = browser.visit(url, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
            assert page.is_whole, url
