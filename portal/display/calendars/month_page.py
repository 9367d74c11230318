"""A month of the expiry calendar: its weeks, what falls on each day, and the addresses of the lists of exactly that."""

import re
from calendar import Calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date, get_day_names

from portal.core import access, clock
from portal.core.errors import NotVisible
from portal.core.i18n import locale_now
from portal.core.viewer import Tree
from portal.display.calendars.entry_words import href
from portal.display.lists.list_address import add_months, row_id
from portal.extensions import settings
from portal.models import Account, User
from portal.services.calendars import days
from portal.services.calendars.days import Entry, Kind, Sum
from portal.web.urls import url_for

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True)
class Link:
    entry: Entry
    href: str


@dataclass(frozen=True)
class Day:
    day: date
    is_in_month: bool
    is_today: bool
    links: tuple[Link, ...]

    @property
    def name(self) -> str:
        """Such as Tue, for the list of days on a phone."""
        return format_date(self.day, "EEE", locale=locale_now())


class MonthPage:
    """Takes one statement; one more for the account. Raises NotVisible."""

    def __init__(self, viewer: User, args: Mapping[str, str], area: str):
        self._viewer, self._area = viewer, area
        self.today = clock.today()
        self.first = _month(args.get("month"), self.today)
        self.last = add_months(self.first, 1) - timedelta(days=1)
        self.account = _account(viewer, args)
        within = self.account and Tree.of(self.account)
        self._sums = days.of_period(viewer, self.first, self.last, within)

    @property
    def heading(self) -> str:
        return format_date(self.first, "LLLL y", locale=locale_now())

    @property
    def zone(self) -> str:
        return settings().time_zone.key

    @property
    def weekdays(self) -> list[tuple[str, str]]:
        """Short and whole names, in the order of the language's week."""
        short, whole = (get_day_names(width, locale=locale_now()) for width in ("abbreviated", "wide"))
        start = locale_now().first_week_day
        return [(short[(start + place) % 7], whole[(start + place) % 7]) for place in range(7)]

    @property
    def weeks(self) -> list[list[Day]]:
        weeks = Calendar(locale_now().first_week_day).monthdatescalendar(self.first.year, self.first.month)
        return [[self._day(day) for day in week] for week in weeks]

    @property
    def totals(self) -> list[Link]:
        sums = {kind: sum((each[kind] for each in self._sums.values() if kind in each), Sum()) for kind in Kind}
        return [self._link(Entry(kind, self.first, sums[kind]), self.last) for kind in Kind if sums[kind].assets]

    @property
    def back(self) -> str | None:
        return self._address(add_months(self.first, -1)) if self.first > date(2000, 1, 1) else None

    @property
    def next(self) -> str | None:
        return self._address(add_months(self.first, 1)) if self.first < date(2099, 12, 1) else None

    @property
    def this_month(self) -> str:
        return self._address(self.today)

    @property
    def of_all(self) -> str:
        """The same month without the account."""
        return url_for(f"{self._area}.calendar.index", month=f"{self.first:%Y-%m}")

    @property
    def next_to_end(self) -> str:
        """The list of licences that end next month, and whom the portal tells."""
        return url_for(f"{self._area}.assets.index", ends="next-month", sort="ends", **self._of_account)

    @property
    def _of_account(self) -> dict[str, int]:
        return {"account": self.account.id} if self.account else {}

    def _address(self, day: date) -> str:
        return url_for(f"{self._area}.calendar.index", month=f"{day:%Y-%m}", **self._of_account)

    def _day(self, day: date) -> Day:
        sums = self._sums.get(day, {})
        links = tuple(self._link(Entry(kind, day, sums[kind]), day) for kind in Kind if kind in sums)
        return Day(day, day.month == self.first.month, day == self.today, links)

    def _link(self, entry: Entry, last: date) -> Link:
        return Link(entry, href(self._area, entry.kind, entry.day, last, self.account and self.account.id))


def _month(text: str | None, today: date) -> date:
    match = _MONTH.fullmatch(text or "")
    return date(int(match[1]), int(match[2]), 1) if match else today.replace(day=1)


def _account(viewer: User, args: Mapping[str, str]) -> Account | None:
    if not args.get("account"):
        return None
    account_id = row_id(args["account"])
    if account_id is None:
        raise NotVisible()
    return access.visible_account(viewer, account_id)
