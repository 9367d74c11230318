"""No text that people who are not staff see was left untranslated. In a language whose letters all bear marks, plain
letters stand only in what somebody typed."""

import re
from collections.abc import Iterator

import pytest
from babel.numbers import list_currencies
from bs4 import NavigableString
from sqlalchemy import Enum, String, select

from portal.core import languages
from portal.extensions import db
from portal.models import User
from tests import pseudo
from tests.page import UNSEEN, Page
from tests.web.routes import expectations
from tests.web.rows import Rows, address, rules

pytestmark = pytest.mark.sqlite
WORD = re.compile(r"[A-Za-z]{2,}")
NO_WORDS = re.compile(r"https?://\S+|\b[A-Z]{2,5}-[\d-]+(?:\.[a-z]+)*")
"""Addresses, numbers of things, and the files of invoices."""
INITIALS = "person__face"
SPOKEN = ("aria-label", "title", "alt", "placeholder")
NO_PAGES = ("static", "healthz", "readyz", "metrics")
FILES = (".download", ".export", ".preview")
NOT_TRANSLATED = {"UTC", "CFA", "CFP"} | list_currencies()


@pytest.mark.parametrize("nick", ["paula", "cora", "nobody"])
def test_every_text_is_translated(app, world, browse, nick):
    browser, rows, faults = browse(None if nick == "nobody" else nick), Rows(world), set()
    browser.is_watched = False
    _speak(app, world, nick)
    for page in _pages(app, browser, rows, nick):
        faults |= set(_untranslated(app, page))
    assert not faults, "\n  ".join(["", *sorted(faults)])


def _speak(app, world, nick: str) -> None:
    pseudo.offer(app)
    if nick != "nobody":
        with world.transaction():
            db.session.get(User, getattr(world, nick).id).language = pseudo.LONGER.code


def _pages(app, browser, rows: Rows, nick: str) -> Iterator[Page]:
    """All that this person may open, and what their forms answer when nothing was filled in."""
    sent = {"/language"}
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en-XA"
    for rule in rules(app):
        is_page = rule.endpoint not in NO_PAGES and not rule.endpoint.endswith(FILES)
        if not is_page or expectations().get(("GET", rule.endpoint), {}).get(nick) != {200}:
            continue
        page = browser.visit(address(app, rule, rows.values(rule, rows.own_account(nick))))
        yield page
        for form in page.soup.select("main form[method=post]"):
            action = re.sub(r"\d+", "1", form["action"])
            names = {control["name"] for control in form.select("[name]")} - {"csrf_token", "version"}
            if action not in sent:
                sent.add(action)
                yield browser.submit(page, form=form, **dict.fromkeys(names, ""))
    yield browser.visit("/no-such-page")


def _untranslated(app, page: Page) -> Iterator[str]:
    plain = {text.strip(): words for text in _texts(page) if (words := _words(text))}
    known = _typed(app) if plain else set()
    for text, words in plain.items():
        if words - known:
            yield f"{page.method} {re.sub(r'[0-9]+', '1', page.url)}: {text[:100]}"


def _words(text: str) -> set[str]:
    return set(WORD.findall(NO_WORDS.sub("", text))) - NOT_TRANSLATED


def _texts(page: Page) -> Iterator[str]:
    for text in page.soup.find_all(string=True) if page.is_html else ():
        is_seen = type(text) is NavigableString and text.parent.name not in UNSEEN
        if is_seen and INITIALS not in text.parent.get("class", ()):
            yield text
    for tag in page.tags:
        yield from (tag[name] for name in SPOKEN if name in tag.attrs)


def _typed(app) -> set[str]:
    """The words in all columns that hold free text, and the names of the languages in themselves."""
    found = set(WORD.findall(" ".join(each.name for each in languages.OFFERED.values())))
    with app.app_context():
        for column in (column for table in db.metadata.tables.values() for column in table.columns):
            if isinstance(column.type, String) and not isinstance(column.type, Enum):
                for text in db.session.scalars(select(column).where(column.is_not(None)).distinct()):
                    found.update(WORD.findall(text))
    return found
