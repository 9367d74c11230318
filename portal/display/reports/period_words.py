"""What periods are called, and which are offered."""

from datetime import date

from babel.dates import format_date

from portal.core.i18n import gettext as _
from portal.core.i18n import locale_now, written_day
from portal.services.reports.periods import Period, Span
from portal.web.filters import day

_PATTERNS = {Span.MONTH: "LLLL y", Span.QUARTER: "QQQQ y", Span.YEAR: "y"}
_OFFERED = ((Span.MONTH, 13), (Span.QUARTER, 9), (Span.YEAR, 4))


def period_name(period: Period) -> str:
    """Such as 3rd quarter 2026."""
    if period.span is Span.DAYS:
        return _("%(first)s to %(last)s", first=day(period.first).striptags(), last=day(period.last).striptags())
    return format_date(period.first, _PATTERNS[period.span], locale=locale_now())


def month_name(month: date) -> str:
    return format_date(month, "LLLL y", locale=locale_now())


def month_in_brief(month: date) -> str:
    return format_date(month, "LLL", locale=locale_now())


def day_in_brief(value: date) -> str:
    return written_day(value, skeleton="MMMd")


def offered(today: date, chosen: Period) -> list[tuple[str, list[tuple[str, str]]]]:
    """By kind: key and name of each, newest first; also the chosen one, however old."""
    titles = {Span.MONTH: _("Months"), Span.QUARTER: _("Quarters"), Span.YEAR: _("Years")}
    groups = []
    for span, number in _OFFERED:
        periods = [Period.of(span, today)]
        while len(periods) < number:
            periods.append(periods[-1].before)
        if chosen.span is span and chosen not in periods:
            periods = sorted([*periods, chosen], key=lambda each: each.first, reverse=True)
        groups.append((titles[span], [(each.key, period_name(each)) for each in periods]))
    return groups


def compared_with(period: Period) -> str:
    """Names the period before this one."""
    return {
        Span.MONTH: _("The month before"),
        Span.QUARTER: _("The quarter before"),
        Span.YEAR: _("The year before"),
        Span.DAYS: _("As many days before"),
    }[period.span]
