"""What people and forgers type, and where: every form that a page offers, every field that it holds."""

import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from urllib.parse import urlsplit

from bs4 import Tag
from markupsafe import escape
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.page import TOKEN, Page, tags_in

SENTENCE = re.compile(r'class="(field__error|notice)\b')
CONTROL = re.compile(r"<(?:input|select|textarea)\b[^>]*>")
NAME = re.compile(r'\bname="([^"]*)"')
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
NUMBER = re.compile(r"\d+")
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

HARD = {"10,000 characters": LONG, "a NUL": "\x00"}
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
NEVER_MONEY = ("negative", "a formula", "emoji", "no number", "huge")
NEVER_VERSIONS = {"old": "0", "later": "999999", "words": "abc", "nothing": "", "huge": "9" * 30}
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
UNSEEN = ("version", "hidden", "hint")
NUMBERS = ("quantity", "days")
MONEY = ("limit", "amount", "price")
SEARCHED = ("q", "account-name", "billed-name", "who", "group", "from", "to")


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    """text, secret, number, money, choice, hidden, version; or hint: how the answer is to look"""

    def bad_values(self) -> dict[str, str | bytes]:
        """Beyond what is no text at all."""
        return {
            "version": NEVER_VERSIONS,
            "number": NEVER_NUMBERS,
            "money": {name: NEVER_NUMBERS[name] for name in NEVER_MONEY},
            "choice": NEVER_CHOICES,
            "hidden": NEVER_CHOICES | HARD,
        }.get(self.kind, {})


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

    def names(self, kind: str) -> list[str]:
        return [field.name for field in self.fields if field.kind == kind]

    def rounds(self) -> Iterator[dict[str, str | bytes]]:
        """What to type where. A form complains beside each field that a person sees, so all of them are wrong at once;
        about what is hidden it complains as a whole."""
        for field in self.fields:
            for value in field.bad_values().values() if field.kind in UNSEEN else ():
                yield {field.name: value}
        seen = [field for field in self.fields if field.kind not in UNSEEN]
        for values in zip_longest(*(field.bad_values().values() for field in seen)):
            yield {field.name: value for field, value in zip(seen, values, strict=True) if value is not None}
        for value in NEVER_TEXT.values() if seen else ():
            yield {field.name: value for field in seen}

    def was_ignored(self, answer: Page, values: dict) -> bool:
        """What a person typed needs an answer; what is hidden a person cannot mend. A search leads to a list that says
        what it could not look for."""
        answered = [*self.names("hidden"), *(SEARCHED if self.action.endswith("/searches") else [])]
        return answer.status >= 500 or (answer.status < 400 and not all(name in answered for name in values))

    def is_search(self, values: dict) -> bool:
        return self.action.endswith("/searches") and all(name in SEARCHED for name in values)

    def form_on(self, page: Page) -> Tag:
        return next(form for form in post_forms(page) if pattern(form) == self.action and fields(form) == self.fields)


def as_files(spot: Spot) -> tuple[str, bytes]:
    """Content type and body, with a file in place of each text."""
    files = {field.name: FileStorage(io.BytesIO(b"x"), "x.csv") for field in spot.fields}
    boundary, body = encode_multipart(files)
    return f"multipart/form-data; boundary={boundary}", body


def post_forms(page: Page) -> list[Tag]:
    forms = [form for form in page.forms if form.get("method", "").lower() == "post"]
    return [form for form in forms if not form.get("action", "").endswith("/sign-out")]


def sources_of_forms(page: Page) -> set[str]:
    """Without ids and tokens: what else is the same is the same form."""
    return set(FORM.findall(NUMBER.sub("", TOKEN.sub("", page.body))))


def pattern(form: Tag) -> str:
    """The action with its ids left out."""
    path = urlsplit(form.get("action") or "").path
    return "/".join("<id>" if part.isdigit() else part for part in path.split("/"))


def fields(form: Tag) -> tuple[Field, ...]:
    found = {}
    for control in tags_in(form):
        if control.name not in ("input", "select", "textarea") or "name" not in control.attrs:
            continue
        if control["name"] != "csrf_token" and control.get("type") not in ("submit", "checkbox", "file"):
            found[control["name"]] = Field(control["name"], _kind(control))
    if not form.get("action", "").endswith("/searches"):
        found.pop("q", None)  # a search within a form is offered only where there is much to find
    return tuple(found.values())


def _kind(control: Tag) -> str:
    name, kind = control["name"], control.get("type", "text")
    if name == "version" or name in HINTS:
        return "version" if name == "version" else "hint"
    if kind == "password":
        return "secret"
    if kind == "hidden":
        return "hidden"
    if control.name == "select" or kind == "radio":
        return "choice"
    if any(part in name for part in MONEY):
        return "money"
    is_number = kind == "number" or control.get("inputmode") == "numeric" or any(part in name for part in NUMBERS)
    return "number" if is_number else "text"


def refused_fields(page: Page) -> set[str]:
    marked = (control for control in CONTROL.findall(page.body) if 'aria-invalid="true"' in control)
    return {NAME.search(control).group(1) for control in marked}


def unanswered(page: Page, values: dict) -> list[str]:
    """Fields that nothing is said about. What is said of the whole request is said of each if all hold the same."""
    if page.status in (400, 413) and len(set(values.values())) == 1:
        return []
    refused = refused_fields(page)
    return [name for name in values if name not in refused]


def fewer(values: dict, names: list[str]) -> list[dict]:
    """What to try next: these without those that were answered, or each by itself if none was."""
    left = {name: values[name] for name in names}
    return [left] if len(left) < len(values) else [{name: value} for name, value in left.items()]


def in_short(values: dict) -> str:
    return ", ".join(f"{name} = {value!r:.30}" for name, value in values.items())


def is_kept(value: str, changed: list[str]) -> bool:
    """Among the changed rows, to the letter; an accent may have joined its letter, JSON may have escaped it."""
    plain = (value, unicodedata.normalize("NFC", value))
    spellings = {spelling for each in plain for spelling in (repr(each)[1:-1], json.dumps(each)[1:-1])}
    lines = [line.replace("\\\\", "\\") for line in changed]
    return any(spelling in line for line in (*changed, *lines) for spelling in spellings)


def comes_back(value: str, answer: Page) -> bool:
    """In the form, before anything is kept: some forms first show what will be done."""
    return any(str(escape(each)) in answer.body for each in (value, unicodedata.normalize("NFC", value)))


def has_a_sentence(page: Page) -> bool:
    """Beside a field, in a notice, or as an error page; looked for in the source, because there are hundreds."""
    return SENTENCE.search(page.body) is not None or (page.status >= 400 and "<h1" in page.body)
