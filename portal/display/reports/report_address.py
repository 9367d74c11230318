"""Reads the address of a report, notes what cannot be read, and writes the address again."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.display.lists.list_address import NO_PRICE, row_id
from portal.models import NO_CURRENCY, User
from portal.services.reports.periods import Period, Span
from portal.services.reports.queries import Scope

DAYS = "days"
"""In the place of a period: those of `from` and `to`."""
AGAINST = ("before", "year", "none")
CHARTS = ("sold", "invoiced")


class ReportAddress:
    def __init__(self, viewer: User, args: Mapping[str, str]):
        self._args = args
        self.notes: list[str] = []
        self.kept: dict[str, str] = {}
        """What every link contains."""
        self.period = self._period()
        self.compares = self._one_of("against", AGAINST)
        self.chart = self._read("chart", CHARTS.index)
        """An index of CHARTS; None: what there is."""
        self.product_id = self._id("product")
        self.account_id = self._id("account") if viewer.is_staff else None
        self.currency = self._currency()
        """None if the address names none."""
        self.format = args.get("format")
        self.scope = Scope.of(viewer, account_id=self.account_id, product_id=self.product_id)

    @property
    def against(self) -> Period | None:
        return {"before": self.period.before, "year": self.period.year_before}.get(self.compares)

    def other(self, **changes: str | None) -> dict[str, str]:
        """The parameters of this report, some of them changed or, if None, left out."""
        changed = {name: value for name, value in changes.items() if value is not None}
        return {name: value for name, value in self.kept.items() if name not in changes} | changed

    def _period(self) -> Period:
        first, last = self._read("from", date.fromisoformat), self._read("to", date.fromisoformat)
        period, text = self._read("period", Period.read), self._args.get("period", "")
        if text == DAYS or not text and (first or last) or self._has_other_days(period, first, last):
            return self._days(first, last)
        self.kept.pop("from", None)
        self.kept.pop("to", None)
        if period is None and text:
            self.notes.append(_("That period is not known, so this quarter is shown."))
        return period or Period.of(Span.QUARTER, clock.today())

    def _has_other_days(self, period: Period | None, first: date | None, last: date | None) -> bool:
        """Whether somebody has changed the days in the form, and left the period as it was."""
        if period is None or first is None or last is None or self._args.get("shown") != period.key:
            return False
        return (first, last) != (period.first, period.last)

    def _days(self, first: date | None, last: date | None) -> Period:
        try:
            if first is None or last is None:
                raise ValueError
            self.kept["period"] = DAYS
            return Period.between(first, last)
        except ValueError:
            for name in ("from", "to", "period"):
                self.kept.pop(name, None)
            self.notes.append(
                _("Enter a first and a last day of this century, at most ten years apart. This quarter is shown.")
            )
            return Period.of(Span.QUARTER, clock.today())

    def _currency(self) -> str | None:
        text = self._args.get("currency", "")
        if text == NO_PRICE or (len(text) == 3 and text.isascii() and text.isupper()):
            self.kept["currency"] = text
            return NO_CURRENCY if text == NO_PRICE else text
        return None

    def _one_of(self, name: str, known: tuple[str, ...]) -> str:
        return known[self._read(name, known.index) or 0]

    def _id(self, name: str) -> int | None:
        found = row_id(self._args.get(name))
        if found is not None:
            self.kept[name] = str(found)
        return found

    def _read(self, name: str, read: Callable[[str], Any]) -> Any:
        text = self._args.get(name, "").strip()
        try:
            value = read(text) if text else None
        except (ValueError, KeyError):
            return None
        if value is not None:
            self.kept[name] = text
        return value
