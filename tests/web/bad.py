"""What people and forgers type, and where: every form that a page offers, every field that it holds."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import Tag

from tests.browser import Browser
from tests.page import Page

LONG = "x" * 10_000
NEVER_TEXT = {
    "10,000 characters": LONG,
    "a NUL": "Mail\x00box",
    "an escape": "Mail\x1b[31mbox",
    "half a character": b"Mail\xed\xa0\x80box",
    "bytes that are no text": b"Mail\xff\xfebox",
    "a lost character": "Mail\ufffdbox",
}
"""Refused wherever something can be typed. Bytes are sent as they are."""

NEVER_NUMBERS = {
    "negative": "-1",
    "zero": "0",
    "a formula": "=1+1",
    "a fraction": "1.5",
    "an exponent": "1e3",
    "another script": "٣",
    "emoji": "🙂",
    "no number": "NaN",
    "huge": "9" * 30,
}
NEVER_VERSIONS = {"old": "0", "later": "999999", "words": "abc", "nothing": "", "huge": "9" * 30, "negative": "-1"}
NEVER_CHOICES = {"another's": "2147483000", "huge": "9" * 30, "words": "no-such-choice"}

UNUSUAL_TEXT = {
    "emoji": "Postfächer 🙂🏳️‍🌈",
    "right to left": "صناديق البريد של קרל",
    "a formula": "=1+1",
    "markup": '<b onclick="x">Carl</b> & 7 %s',
    "an accent of its own": "Zoe\u0308",
}
"""Text like any other: kept to the letter, or refused in words."""

HINTS = ("as", "next")
NUMBERS = ("quantity", "days", "limit", "amount", "price")


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    """text, secret, number, choice, version; or hint: how the answer is to look"""

    def bad_values(self) -> dict[str, str | bytes]:
        return {
            "version": NEVER_VERSIONS,
            "number": NEVER_NUMBERS | NEVER_TEXT,
            "choice": NEVER_CHOICES | NEVER_TEXT,
            "hint": {},
        }.get(self.kind, NEVER_TEXT)


@dataclass(frozen=True)
class Spot:
    """A form on a page that can be opened again, on rows that nobody has touched."""

    nick: str
    endpoint: str
    open: Callable[[], Page]
    action: str
    fields: tuple[Field, ...]

    def __str__(self) -> str:
        return f"{self.nick} at {self.endpoint} -> {self.action}"

    def form_on(self, page: Page) -> Tag:
        return next(form for form in post_forms(page) if pattern(form) == self.action and fields(form) == self.fields)


def post_forms(page: Page) -> list[Tag]:
    forms = [form for form in page.forms if form.get("method", "").lower() == "post"]
    return [form for form in forms if not form.get("action", "").endswith("/sign-out")]


def pattern(form: Tag) -> str:
    """The action with its ids left out."""
    path = urlsplit(form.get("action") or "").path
    return "/".join("<id>" if part.isdigit() else part for part in path.split("/"))


def fields(form: Tag) -> tuple[Field, ...]:
    found = {}
    for control in form.select("input[name], select[name], textarea[name]"):
        if control["name"] != "csrf_token" and control.get("type") not in ("submit", "checkbox", "file"):
            found[control["name"]] = Field(control["name"], _kind(control))
    return tuple(found.values())


def _kind(control: Tag) -> str:
    name, kind = control["name"], control.get("type", "text")
    if name == "version" or name in HINTS:
        return "version" if name == "version" else "hint"
    if kind == "password":
        return "secret"
    if control.name == "select" or kind in ("radio", "hidden"):
        return "choice"
    is_number = kind == "number" or control.get("inputmode") == "numeric" or any(part in name for part in NUMBERS)
    return "number" if is_number else "text"


def spots(browser: Browser, nick: str, endpoint: str, reopen: Callable[[], Page]) -> list[Spot]:
    return [Spot(nick, endpoint, reopen, pattern(form), fields(form)) for form in post_forms(reopen())]


def has_a_sentence(page: Page) -> bool:
    return bool(page.errors or page.flash or (page.is_html and page.is_whole and page.status >= 400 and page.h1))
