"""What may stand in the text of a mail: plain text, and `{{ name }}` for a field of its event. Everything else that a
language of templates knows is refused, with line and column."""

import difflib
import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from portal.services.mail import fields
from portal.services.mail.events import Event
from portal.services.mail.fields import LONGEST_SUBJECT
from portal.services.mail.texts.built_in import Texts, fields_of, secrets_of

MOST_BYTES = 20 * 1024
"""Of a text, in UTF-8."""
MOST_FIELDS = 100
"""Of a subject or a text, each time that one stands there."""
MOST_FAULTS = 5
SUBJECT, TEXT = "subject", "text"
LOST = "\ufffd"
"""What a browser sends for a character that it cannot."""
_TOKEN = re.compile(r"\{\{ ?([^\s{}]{1,60}) ?\}\}|\{{1,3}[^{}\n]{0,80}\}{1,3}|[{}]+")
"""A field, what another language has in braces, or braces alone. It takes a text in one pass."""
_STANDS_APART = ("code", "link", "one_time_link")
"""What touches them is taken for a part of them."""


class FaultKind(enum.Enum):
    EMPTY = "empty"
    LONG = "long"
    LINES = "lines"
    """A subject is one line."""
    SIGN = "sign"
    """It steers, cannot be seen, or was lost on the way."""
    BRACE = "brace"
    UNKNOWN = "unknown"
    MANY = "many"
    SECRET = "secret"
    """In a subject."""
    TOUCHED = "touched"
    MISSING = "missing"
    """The code, or the link, must be in the text."""
    TWICE = "twice"


@dataclass(frozen=True)
class Fault:
    kind: FaultKind
    part: str
    what: str = ""
    line: int | None = None
    """None if it is not at a place."""
    column: int | None = None
    """In characters, from 1."""
    near: str | None = None
    """The field that was probably meant."""


def typed(subject: str, text: str) -> Texts:
    """As browsers send it: their line ends are CRLF."""
    return Texts(subject.strip(), text.replace("\r\n", "\n").replace("\r", "\n").rstrip())


def faults(event: Event, texts: Texts) -> list[Fault]:
    """The first ones, in the order of the text. Its size comes first: what is too long is not looked at."""
    return [*_wrong_sizes(texts)] or list(islice(_all(event, texts), MOST_FAULTS))


def _wrong_sizes(texts: Texts) -> Iterator[Fault]:
    if len(texts.subject) > LONGEST_SUBJECT:
        yield Fault(FaultKind.LONG, SUBJECT)
    if len(texts.text) > MOST_BYTES or len(texts.text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        yield Fault(FaultKind.LONG, TEXT)


def _all(event: Event, texts: Texts) -> Iterator[Fault]:
    for part, text in ((SUBJECT, texts.subject), (TEXT, texts.text)):
        if not any(sign.isprintable() and sign != " " for sign in set(text)):
            yield Fault(FaultKind.EMPTY, part)
        places = sorted(chain(_signs(part, text), _fields(event, part, text)), key=lambda place: place[0])
        yield from (_at(text, *place) for place in places)
    present = [match[1] for match in _TOKEN.finditer(texts.text)]
    for name in secrets_of(event):
        if name not in present:
            yield Fault(FaultKind.MISSING, TEXT, name)


Place = tuple[int, Fault]


def _signs(part: str, text: str) -> Iterator[Place]:
    """The first of each."""
    for sign in set(text):
        if sign == "\n":
            if part == SUBJECT:
                yield text.index(sign), Fault(FaultKind.LINES, part)
        elif sign == LOST or not fields.is_plain(sign):
            yield text.index(sign), Fault(FaultKind.SIGN, part, sign)


def _fields(event: Event, part: str, text: str) -> Iterator[Place]:
    """Stops after the first MOST_FAULTS."""
    return islice(_wrong_fields(event, part, text), MOST_FAULTS)


def _wrong_fields(event: Event, part: str, text: str) -> Iterator[Place]:
    known, secrets, seen = fields_of(event), secrets_of(event), set()
    for number, match in enumerate(_TOKEN.finditer(text), start=1):
        if number > MOST_FIELDS:
            yield match.start(), Fault(FaultKind.MANY, part)
            return
        name = match[1]
        kind = _not_known(name, known) or _misplaced(match, part, secrets, seen)
        if kind is not None:
            yield match.start(), Fault(kind, part, name or match[0], near=_near(name, known))
        if name in secrets:
            seen.add(name)


def _not_known(name: str | None, known: tuple[str, ...]) -> FaultKind | None:
    if name is None:
        return FaultKind.BRACE
    return None if name in known else FaultKind.UNKNOWN


def _misplaced(match: re.Match[str], part: str, secrets: tuple[str, ...], seen: set[str]) -> FaultKind | None:
    """`seen`: the secrets before."""
    name = match[1]
    if name in secrets and part == SUBJECT:
        return FaultKind.SECRET
    if name in seen:
        return FaultKind.TWICE
    return FaultKind.TOUCHED if name in _STANDS_APART and _is_touched(match) else None


def _near(name: str | None, known: tuple[str, ...]) -> str | None:
    found = difflib.get_close_matches(name.lower(), known, 1) if name and name not in known else []
    return found[0] if found else None


def _is_touched(match: re.Match[str]) -> bool:
    around = match.string[max(match.start() - 1, 0) : match.start()] + match.string[match.end() : match.end() + 1]
    return bool(around.strip())


def _at(text: str, place: int, fault: Fault) -> Fault:
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    return Fault(fault.kind, fault.part, fault.what, line, column, fault.near)
