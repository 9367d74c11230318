"""What a page offers, its reader may do: no link and no button leads to an answer that says "not your role"."""

from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from tests.web.routes import expectations
from tests.web.rows import Rows, address, rules

pytestmark = pytest.mark.sqlite  # what is shown is the same on both
STATUSES = ("failed", "synchronized", "review")


@pytest.mark.parametrize("nick", ["elena", "penny"])
def test_no_page_offers_what_its_reader_may_not_do(app, world, browse, nick):
    rows, faults = Rows(world), set()
    world.alert()
    world.surplus(world.asset("synchronized"))
    world.asset(attempt={"cause": "SearchFailed"})
    for page in _pages(app, browse(nick), rows, nick):
        for method, url in _offers(page):
            endpoint = _endpoint(app, method, url)
            if endpoint and expectations().get((method, endpoint), {}).get(nick) == {403}:
                faults.add(f"{page.url}: {method} {endpoint}")
    assert not faults, "\n  ".join(["offered, but answered with 403:", *sorted(faults)])


def _pages(app, browser, rows, nick):
    for rule in rules(app):
        if expectations().get(("GET", rule.endpoint), {}).get(nick) == {200} and rule.endpoint not in (
            "static",
            "metrics",
        ):
            for status in STATUSES if "asset_id" in rule.arguments else (None,):
                yield browser.visit(address(app, rule, rows.values(rule, rows.own_account(nick), status)))


def _offers(page):
    yield from (("GET", link["href"]) for link in page.soup.select("a[href]"))
    yield from ((form.get("method", "get").upper(), form.get("action", "")) for form in page.forms)


def _endpoint(app, method: str, url: str) -> str | None:
    parts = urlsplit(url)
    if parts.netloc or not parts.path.startswith("/"):
        return None
    try:
        return app.url_map.bind("localhost").match(parts.path, method)[0]
    except HTTPException:
        return None
