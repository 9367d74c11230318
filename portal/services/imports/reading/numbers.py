"""Numbers of a file. 1,000 may be a thousand or one, and 5.0 five or fifty: unless a person says how numbers are
written, only digits are taken.
"""

import enum
import re
from dataclasses import dataclass
from typing import Any

from portal.core.i18n import gettext as _
from portal.services.imports.reading.refusals import BadCell, shown

_SPACES = " \u00a0\u202f'’"
_WITH_SEPARATORS = re.compile(rf"[0-9][0-9.,{_SPACES}]*[.,{_SPACES}][0-9.,{_SPACES}]*")


class NumberStyle(enum.Enum):
    COMMA = "comma"
    """1,000.0 is a thousand."""
    POINT = "point"
    """1.000,0 is a thousand."""


_STYLES = {
    NumberStyle.COMMA: re.compile(rf"[0-9]{{1,3}}(?:[,{_SPACES}][0-9]{{3}})+(?:\.0{{0,2}})?|[0-9]+(?:\.0{{0,2}})?"),
    NumberStyle.POINT: re.compile(rf"[0-9]{{1,3}}(?:[.{_SPACES}][0-9]{{3}})+(?:,0{{0,2}})?|[0-9]+(?:,0{{0,2}})?"),
}
"""A fraction of three zeros is none: that may be a thousand, written in the other way."""
_POINT = re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
"""1.234,50; also without the points."""
_FRACTION = {NumberStyle.COMMA: ".", NumberStyle.POINT: ","}


@dataclass
class NumberEvidence:
    """The first number of a column that has separators."""

    text: str | None = None
    line: int = 0

    def look_at(self, text: str, line: int) -> None:
        if self.text is None and not text.isdigit() and _WITH_SEPARATORS.fullmatch(text):
            self.text, self.line = shown(text), line

    def as_json(self) -> list[Any] | None:
        return [self.text, self.line] if self.text is not None else None


def whole(value: str, most: int, style: NumberStyle | None = None) -> int:
    """Raises BadCell."""
    if not value:
        raise BadCell(_("It is empty. Write a whole number from 1 to %(most)s.", most=most))
    digits = _digits_of(value, style)
    is_whole = digits.isascii() and digits.isdigit() and len(digits) <= 10
    if not is_whole or not 1 <= int(digits) <= most:
        raise BadCell(
            _(
                "“%(text)s” is no whole number from 1 to %(most)s. Write digits only, without signs or separators.",
                text=shown(value), most=most,
            )
        )  # fmt: skip
    return int(digits)


def amount_text(text: str, style: NumberStyle | None) -> str:
    """With a point before the decimals, as the person said that numbers are written. Raises ValueError for a number
    that is written in another way, or that may be a thousand or a fraction and nobody said which."""
    if style is NumberStyle.POINT:
        if not _POINT.fullmatch(re.sub(r"\s", "", text)):
            raise ValueError(_("It is no number as you said that they are written."))
        return text.replace(".", "").replace(",", ".")
    if style is None and "," in text:
        raise ValueError(_("It may be a thousand or a fraction. Choose how numbers are written."))
    return text


def told(title: str, seen: list[Any] | None, style: NumberStyle | None) -> str | None:
    """What the preview says about a column. None if all its numbers are digits only."""
    if seen is None:
        return None
    text, line = seen
    if style is None:
        return _(
            "%(column)s: %(text)s on line %(line)s has a separator. Rows with such numbers are not taken until you say "
            "how numbers are written.", column=title, text=text, line=line,
        )  # fmt: skip
    digits = _digits_of(text, style)
    if not digits.isdigit():
        return _("%(column)s: %(text)s on line %(line)s is no number as you said that they are written.",
                 column=title, text=text, line=line)  # fmt: skip
    return _("%(column)s: as you said how numbers are written, %(text)s is %(digits)s.", column=title, text=text,
             digits=int(digits))  # fmt: skip


def _digits_of(value: str, style: NumberStyle | None) -> str:
    if style is None or not _STYLES[style].fullmatch(value):
        return value
    return re.sub("[^0-9]", "", value.split(_FRACTION[style])[0])
