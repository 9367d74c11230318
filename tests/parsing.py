"""The soup of a page, in two thirds of the time that `html.parser` takes: tests parse pages by the ten thousand.

It reads what our templates write: named tags, attributes in quotes or without a value. Where it finds anything else, a
comment or a script with content, `html.parser` reads the whole page. tests/web/test_parsing.py compares them.
"""

import re
from html import unescape

from bs4 import BeautifulSoup, Doctype
from bs4.builder import HTMLParserTreeBuilder

DOCTYPE = "<!doctype html>"
NAME = r"[a-zA-Z][a-zA-Z0-9:-]*"
ATTRIBUTE = rf"""\s+(?:{NAME})(?:="[^"]*"|='[^']*')?"""
NAME_AND_VALUE = re.compile(rf"""\s+({NAME})(?:="([^"]*)"|='([^']*)')?""")
START = rf"<(?P<start>{NAME})(?P<attributes>(?:{ATTRIBUTE})*)\s*(?P<closed>/?)>"
TOKEN = re.compile(rf"(?P<text>[^<]+)|{START}|</(?P<end>{NAME})>")
WITH_RAW_TEXT = ("script", "style")


def soup_of(markup: str) -> BeautifulSoup:
    return BeautifulSoup(markup, builder=_Builder())


class _Builder(HTMLParserTreeBuilder):
    def feed(self, markup: str) -> None:
        tokens = _tokens(markup)
        if tokens is None:
            super().feed(markup)
            return
        if markup.startswith(DOCTYPE):
            self.soup.object_was_parsed(Doctype("html"))
        for text, start, attributes, closed, end in tokens:
            if text:
                self.soup.handle_data(unescape(text))
            elif end:
                self.soup.handle_endtag(end.lower())
            else:
                self._start(start.lower(), _values(attributes), is_closed=bool(closed))

    def _start(self, name: str, values: dict[str, str], *, is_closed: bool) -> None:
        tag = self.soup.handle_starttag(name, None, None, values)
        if is_closed or (tag is not None and tag.is_empty_element):
            self.soup.handle_endtag(name)


def _tokens(markup: str) -> list[tuple[str, ...]] | None:
    tokens, place = [], len(DOCTYPE) if markup.startswith(DOCTYPE) else 0
    for found in TOKEN.finditer(markup, place):
        name = found["start"]
        has_raw_text = name in WITH_RAW_TEXT and not markup.startswith(f"</{name}>", found.end())
        if found.start() != place or has_raw_text:
            return None
        tokens.append(found.groups())
        place = found.end()
    return tokens if place == len(markup) else None


def _values(attributes: str) -> dict[str, str]:
    found = NAME_AND_VALUE.findall(attributes)
    return {name.lower(): unescape(double or single) for name, double, single in found}
