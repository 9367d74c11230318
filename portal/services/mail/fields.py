"""Fills the fields of a text: `{{ name }}` becomes a value. No logic, and a value is never read as a text itself."""

import re
import unicodedata
from collections.abc import Mapping

from portal.models import CODE_MARK

LONGEST_VALUE = 500
LONGEST_SUBJECT = 200
_FIELD = re.compile(r"\{\{ ?([a-z_]+) ?\}\}")
_JOINERS = "\u200c\u200d"
"""Invisible, but a part of how words are written in Persian and in Indian languages."""
_STEERING = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Raises KeyError for a field that has no value."""
    return _FIELD.sub(lambda field: values[field[1]], text)


def names(text: str) -> tuple[str, ...]:
    """Each once, in order."""
    return tuple(dict.fromkeys(_FIELD.findall(text)))


def plain(value: object) -> str:
    """A value on one line and without signs that steer: line ends, directions of writing, the mark of a code."""
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        text = "".join(sign if is_plain(sign) else " " for sign in text)
    return " ".join(text.split())[:LONGEST_VALUE]


def is_plain(sign: str) -> bool:
    return sign in _JOINERS or sign != CODE_MARK and unicodedata.category(sign) not in _STEERING
