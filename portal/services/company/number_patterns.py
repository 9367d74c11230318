"""Patterns of invoice numbers, such as `INV-{year}-{number:06}`."""

import re
from dataclasses import dataclass

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _

LONGEST_PATTERN = 60
LONGEST = 30
"""Characters of a number: bank transfers and other systems cut longer ones."""
_MOST_DIGITS = 9
_FIELD = re.compile(r"\{(?P<name>year|number)(?::0(?P<width>[1-9]))?\}")
_SAFE = re.compile(r"[A-Za-z0-9/._-]*")


@dataclass(frozen=True)
class Pattern:
    text: str

    def number(self, year: int, number: int) -> str:
        def value(match: re.Match) -> str:
            return f"{year:04}" if match["name"] == "year" else f"{number:0{match['width'] or 1}}"

        return _FIELD.sub(value, self.text)

    @property
    def has_year(self) -> bool:
        """Numbers begin at 1 each year; without a year they never do."""
        return "{year}" in self.text

    @property
    def beginning(self) -> str:
        """The characters before the first field."""
        return self.text.partition("{")[0]


def checked(field: str, text: str | None) -> str | None:
    """Raises InvalidInput."""
    pattern = (text or "").strip()
    if not pattern:
        return None
    fields = list(_FIELD.finditer(pattern))
    if not _SAFE.fullmatch(_FIELD.sub("", pattern)) or any(each["name"] == "year" and each["width"] for each in fields):
        raise InvalidInput(
            field, _("Use letters A to Z, digits, the signs - / . _ and the fields {year} and {number:06}.")
        )
    names = [each["name"] for each in fields]
    if names.count("number") != 1:
        raise InvalidInput(field, _("Use exactly one field for the number, such as {number:06}."))
    if names.count("year") > 1:
        raise InvalidInput(field, _("Use the year no more than once."))
    if len(Pattern(pattern).number(9999, 10**_MOST_DIGITS - 1)) > LONGEST or len(pattern) > LONGEST_PATTERN:
        raise InvalidInput(field, _("Numbers would get longer than %(most)s characters.", most=LONGEST))
    return pattern


def may_collide(one: str, other: str) -> bool:
    """Whether both could give the same number. Each field is digits only, so that a sign or letter where the other
    pattern has a field keeps them apart."""
    short, long = sorted((Pattern(one).beginning, Pattern(other).beginning), key=len)
    rest = long.removeprefix(short)
    return long.startswith(short) and (not rest or rest[0].isdigit())
