"""Amounts of a bank list. 1.230 may be a thousand or one: one amount in the column that can be read in one way only
decides; where none does, a person is asked.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from babel.numbers import get_currency_name, list_currencies

from portal.core import money
from portal.core.i18n import gettext as _
from portal.services.imports.reading.numbers import NumberStyle
from portal.services.imports.reading.refusals import BadCell, shown

_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "$": ""}
"""A dollar may be anybody's."""
_SPACES = re.compile("[\\s\u00a0\u202f'’]")
_MINUS = "-−–"
_PLUS_OR_MINUS = f"+{_MINUS}"
_STYLES = {
    NumberStyle.COMMA: re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"),
    NumberStyle.POINT: re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?"),
}


class Typed(NamedTuple):
    digits: str
    """Digits and separators. What else stands there, such as a second sign, is left in: it is no amount then."""
    is_outgoing: bool
    currency: str
    """Beside the number; empty if there is none."""


@dataclass
class AmountReading:
    """How the amounts of one list are read."""

    chosen: NumberStyle | None = None
    comma: tuple[str, int] | None = None
    """The first amount that can only be read with a decimal point, as 1,230.50; and its line."""
    point: tuple[str, int] | None = None
    either: tuple[str, int] | None = None

    def look_at(self, cell: str, line: int) -> None:
        digits = typed(cell).digits
        if digits.isdigit():
            return
        styles = [style for style, form in _STYLES.items() if form.fullmatch(digits)]
        if not styles:
            return
        name = "either" if len(styles) == 2 else styles[0].value
        if getattr(self, name) is None:
            setattr(self, name, (shown(cell), line))

    @property
    def style(self) -> NumberStyle | None:
        """None as long as nobody knows."""
        if self.chosen is not None or (self.comma and self.point):
            return self.chosen
        return NumberStyle.COMMA if self.comma else NumberStyle.POINT if self.point else None

    def told(self) -> str | None:
        """What the preview says about them."""
        if self.chosen is None and self.comma and self.point:
            where = {"comma": self.comma[0], "line": self.comma[1], "point": self.point[0], "other": self.point[1]}
            return _("Amounts contradict each other: %(comma)s on line %(line)s, %(point)s on line %(other)s. Say how "
                     "amounts are written.", **where)  # fmt: skip
        if self.style is None and self.either:
            text, line = self.either
            return _("%(text)s on line %(line)s may be a thousand or a fraction. Say how amounts are written.",
                     text=text, line=line)  # fmt: skip
        return None


def minor_units(cell: str, currency: str, reading: AmountReading) -> int:
    """Below zero for what left the account. Raises BadCell."""
    parts = typed(cell)
    if not parts.digits:
        raise BadCell(_("It is empty. Write an amount."))
    text = parts.digits
    if not text.isdigit():
        text = _with_a_point(text, cell, reading)
    try:
        amount = money.minor_units(text, currency)
    except ValueError as unreadable:
        raise BadCell(f"“{shown(cell)}”: {unreadable}") from None
    return -amount if parts.is_outgoing else amount


def typed(cell: str) -> Typed:
    text = _SPACES.sub("", cell)
    currency = ""
    if match := re.search(r"^[A-Za-z]{3}(?=[-+−–0-9])|(?<=[-+−–0-9])[A-Za-z]{3}$", text):
        currency = match[0].upper()
        text = text.removeprefix(match[0]) if text.startswith(match[0]) else text.removesuffix(match[0])
    for sign, code in _SIGNS.items():
        currency = code if sign in text else currency
    text = re.sub("[€£¥$]", "", text, count=1)
    sign = next((end for end in (text[:1], text[-1:]) if end and end in _PLUS_OR_MINUS), "")
    digits = text.removeprefix(sign) if text.startswith(sign) else text.removesuffix(sign)
    return Typed(digits, bool(sign) and sign in _MINUS, currency)


def is_currency(code: str) -> bool:
    return code in list_currencies()


def is_of_dollars(code: str) -> bool:
    """Whether its amounts may be written with $."""
    return get_currency_name(code, locale="en").endswith(("Dollar", "Peso", "Real"))


def _with_a_point(text: str, cell: str, reading: AmountReading) -> str:
    style = reading.style
    if not any(form.fullmatch(text) for form in _STYLES.values()):
        raise BadCell(_("“%(text)s” is no amount.", text=shown(cell)))
    if style is None:
        raise BadCell(_("“%(text)s” may be a thousand or a fraction. Say how amounts are written.", text=shown(cell)))
    if not _STYLES[style].fullmatch(text):
        raise BadCell(_("“%(text)s” is no amount as the others are written.", text=shown(cell)))
    return text.replace(",", "") if style is NumberStyle.COMMA else text.replace(".", "").replace(",", ".")
