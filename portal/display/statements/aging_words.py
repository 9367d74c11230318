"""Words for how old an open amount is, and its picture."""

from dataclasses import dataclass

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.services.invoicing.aging import Age, Aging
from portal.web.filters import amount, money

AGES = {
    Age.NOT_DUE: lazy("Not due"),
    Age.TO_30: lazy("1 to 30 days over"),
    Age.TO_60: lazy("31 to 60"),
    Age.TO_90: lazy("61 to 90"),
    Age.OVER_90: lazy("Over 90"),
}
_TONES = {Age.NOT_DUE: "waiting", Age.TO_30: "caution"}
_GAP, _LEAST = 0.3, 0.3


@dataclass(frozen=True)
class Part:
    tone: str
    start: str
    width: str
    """Per cent of the bar."""


def ages() -> list[tuple[Age, str]]:
    return [(age, str(text)) for age, text in AGES.items()]


def balance_words(balance: int, currency: str) -> str:
    """A negative balance is what we owe."""
    if balance < 0:
        return _("we owe %(amount)s", amount=money(-balance, currency))
    return money(balance, currency)


def described(aging: Aging) -> str:
    parts = (f"{AGES[age]} {amount(value, aging.currency)}" for age, value in aging.by_age.items())
    return f"{', '.join(parts)} {aging.currency}"


def parts(aging: Aging) -> list[Part]:
    """Of the bar, without ages of which nothing is open."""
    values = [(_TONES.get(age, "negative"), value) for age, value in aging.by_age.items() if value > 0]
    room, found, start = 100 - _GAP * (len(values) - 1), [], 0.0
    for tone, value in values:
        width = max(_LEAST, room * value / aging.open)
        found.append(Part(tone, f"{start:.2f}%", f"{width:.2f}%"))
        start += width + _GAP
    return found
