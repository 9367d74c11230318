"""How values look in templates."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import NumberPattern, format_currency, format_decimal, get_currency_precision, parse_pattern
from flask import Flask
from markupsafe import Markup, escape

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import locale_now, ngettext, written_day
from portal.extensions import settings
from portal.models import Coupon
from portal.services.lists import list_counts

_AFTER_LETTERS = re.compile(r"([A-Za-z])(?=[0-9])")
"""Where a currency of letters would touch the number: CHF 10.66."""


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        day=day, instant=instant, clock_time=clock_time, distance=distance, money=money, amount=amount,
        percent=percent, basis_points=basis_points, number=number, initials=initials, licences=licences,
        capped=capped, masked=masked, ago=ago, due=due, soon=soon,
    )  # fmt: skip
    app.jinja_env.globals.update(today=clock.today)


def day(value: date | datetime | None) -> Markup:
    """Returns `<time>` with a date such as 12 Mar 2027, in the distributor's time zone."""
    if isinstance(value, datetime):
        value = clock.day_of(value)
    if value is None:
        return Markup("–")
    return _day(value, locale_now())


def instant(value: datetime | None) -> Markup:
    """Returns `<time>` with date and time, in the distributor's time zone."""
    if value is None:
        return Markup("–")
    local = value.astimezone(settings().time_zone)
    text = f"{_written(local.date(), locale_now())}, {local:%H:%M:%S} {local.tzname()}"
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), text)


def clock_time(value: datetime) -> str:
    """Such as 14:07; with the date in front if it is not today."""
    local = value.astimezone(settings().time_zone)
    text = f"{local:%H:%M}"
    if local.date() == clock.today():
        return text
    return f"{_written(local.date(), locale_now())}, {text}"


def soon(value: datetime) -> str:
    """Such as 14:07. A time that has passed becomes "in a moment"."""
    return clock_time(value) if value > datetime.now(UTC) else _("in a moment")


def due(value: datetime | None) -> str:
    """Such as "at 14:07"; "in a moment" if the time has passed or is not known."""
    return _("at %(time)s", time=clock_time(value)) if value and value > datetime.now(UTC) else _("in a moment")


def distance(value: date) -> str:
    """Such as "in 41 days", "today", "3 days ago"."""
    days = (value - clock.today()).days
    if days == 0:
        return _("today")
    if days < 0:
        return ngettext("%(num)s day ago", "%(num)s days ago", -days)
    return ngettext("in %(num)s day", "in %(num)s days", days)


def ago(value: datetime) -> str:
    """The time since `value`, such as 20 s, 5 min, 3 h, 6 days."""
    seconds = max(0, int((datetime.now(UTC) - value).total_seconds()))
    if seconds >= 86400:
        return ngettext("%(num)s day", "%(num)s days", seconds // 86400)
    if seconds >= 3600:
        return _("%(n)s h", n=seconds // 3600)
    if seconds >= 60:
        return _("%(n)s min", n=seconds // 60)
    return _("%(n)s s", n=seconds)


def money(amount: int, currency: str) -> str:
    """Formats an amount in minor units."""
    return _amount(amount, currency, locale_now())


def amount(value: int, currency: str) -> str:
    """Formats an amount in minor units without its currency, for a column whose heading names it."""
    return _bare_amount(value, get_currency_precision(currency), locale_now())


def percent(value: Decimal) -> str:
    """Such as 22.4 %, with a no-break space; `value` in percent, with one decimal."""
    return f"{_with_minus(format_decimal(value, format='#,##0.0', locale=locale_now()))}\u00a0%"


def basis_points(value: int) -> str:
    """In percent, without the sign: 1,250 is 12.5."""
    return format_decimal(Decimal(value).scaleb(-2), format="#,##0.##", locale=locale_now())


def number(value: int) -> str:
    return _decimal(value, locale_now())


def capped(count: int) -> str:
    """Formats a count that stops at CAP: 10,000+ stands for anything above."""
    return f"{number(list_counts.CAP)}+" if count > list_counts.CAP else number(count)


def licences(quantity: int) -> str:
    return _("1 licence") if quantity == 1 else _("%(count)s licences", count=number(quantity))


def initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def masked(coupon: Coupon) -> Markup:
    told = escape(_("Masked, ends in"))  # not inside the f-string: Babel does not find it there
    hidden = f'<span class="visually-hidden">{told} </span><span aria-hidden="true">•••• </span>'
    return Markup(f'<span class="mask">{hidden}{escape(coupon.mask)}</span>')


# Cached, because a list repeats the same few dates and numbers.


@lru_cache(maxsize=10)
def _with_digits(digits: int) -> NumberPattern:
    """Babel would read the pattern again for each number."""
    return parse_pattern(f"#,##0.{'0' * digits}".rstrip("."))


@lru_cache(maxsize=2000)
def _day(value: date, language: Locale) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), _written(value, language))


@lru_cache(maxsize=2000)
def _written(value: date, language: Locale) -> str:
    return written_day(value, language)


@lru_cache(maxsize=2000)
def _amount(amount: int, currency: str, language: Locale) -> str:
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    text = format_currency(value, currency, locale=language)
    return _with_minus(_AFTER_LETTERS.sub("\\1\u00a0", text))


@lru_cache(maxsize=2000)
def _bare_amount(amount: int, digits: int, language: Locale) -> str:
    return _with_minus(format_decimal(Decimal(amount).scaleb(-digits), format=_with_digits(digits), locale=language))


def _with_minus(text: str) -> str:
    """A minus is as wide as a digit and a plus; a hyphen is easily overlooked, and lines break after it."""
    return text.replace("-", "−")


@lru_cache(maxsize=2000)
def _decimal(value: int, language: Locale) -> str:
    return format_decimal(value, locale=language)
