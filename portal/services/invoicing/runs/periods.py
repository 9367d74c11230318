"""Periods are months, written as 2026-11."""

import re
from datetime import date, timedelta

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _

LISTED = 12
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def last_day(period: str) -> date:
    """Raises InvalidInput for `period`."""
    found = _MONTH.fullmatch(period.strip())
    if found is None:
        raise InvalidInput("period", _("Enter a month as in 2026-11."))
    year, month = int(found[1]), int(found[2])
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def month_before(day: date) -> date:
    """The last day of the month before."""
    return day.replace(day=1) - timedelta(days=1)


def newest(today: date) -> list[date]:
    """The last days of the newest months, this one first."""
    days = [month_before(today.replace(day=28) + timedelta(days=4))]
    while len(days) < LISTED:
        days.append(month_before(days[-1]))
    return days
