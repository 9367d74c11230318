"""Sales > Orders: the view model of the list."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.chips import Chip
from portal.display.lists.columns import SortLink, shown
from portal.display.lists.list_address import row_id
from portal.display.orders import staff_order_rows
from portal.display.orders.order_rows import order_rows
from portal.display.orders.order_states import HOLDS
from portal.extensions import settings
from portal.models import Hold, OrderState, User
from portal.services.ordering import delivery, order_list
from portal.services.ordering.order_list import Counts, Filters, ListedOrder, Query
from portal.web.filters import capped, day, number
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = ("q", "state", "hold", "account", "from", "to", "sort")
OLDEST_FIRST = "placed"
STATES = {
    OrderState.SUBMITTED: lazy("Submitted"),
    OrderState.AWAITING_APPROVAL: lazy("Waits for the partner"),
    OrderState.EXECUTED: lazy("Executed"),
    OrderState.DRAFT: lazy("Draft"),
    OrderState.REJECTED: lazy("Rejected"),
    OrderState.CANCELLED: lazy("Cancelled"),
}


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("bss.orders.index"), names=NAMES).href({})


class OrderFilters(Paged):
    """What the address asks for. What cannot be read is left out, and a note says so."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("bss.orders.index"), names=NAMES)
        self.notes: list[str] = []
        self.placed_from = self._read("from", _day_with_a_next, _("“From” is not a date, so it was ignored."))
        self.placed_to = self._read("to", _day_with_a_next, _("“To” is not a date, so it was ignored."))
        self.filters = self._filters(viewer)
        if self.kept.get("sort") not in (None, OLDEST_FIRST):
            del self.kept["sort"]

    @property
    def query(self) -> Query:
        place = self.place
        return Query(
            self.filters,
            descending=self.kept.get("sort") != OLDEST_FIRST,
            after=place.after,
            before=place.before,
            from_the_end=place.is_last,
        )

    def _filters(self, viewer: User) -> Filters:
        unknown = _("That filter is not known, so it was ignored.")
        typed = self.kept.get("q", "")
        term = order_list.understand(viewer, typed) if typed else None
        return Filters(
            term=term,
            state=self._read("state", OrderState, unknown),
            hold=self._read("hold", Hold, unknown),
            account_id=self._read("account", _row_id, unknown),
            placed_from=self.placed_from and _begin(self.placed_from),
            placed_before=self.placed_to and _begin(self.placed_to + timedelta(days=1)),
            is_impossible=bool(typed) and term is None,
        )

    def _read(self, name: str, read: Any, refusal: str) -> Any:
        text = self.kept.get(name)
        if text is None:
            return None
        try:
            return read(text)
        except (ValueError, OverflowError):
            del self.kept[name]
            self.notes.append(refusal)
            return None


class OrderList(OrderFilters):
    """Runs three SQL statements."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(viewer, args)
        self.viewer = viewer
        self.counts: Counts = order_list.count(viewer, self.filters)
        self.slice = order_list.page(viewer, self.query, self.counts)
        self._deliveries = delivery.deliveries(self.rows, viewer)
        self.columns = shown(staff_order_rows.COLUMNS, viewer, staff_order_rows.SORTED)
        if self.slice.is_narrowed:
            self.notes.append(_(
                "More than 10,000 orders match, too many to put in this order. They are listed by number, newest "
                "first; narrow it down to sort them."
            ))  # fmt: skip

    @property
    def rows(self) -> Sequence[ListedOrder]:
        return self.slice.rows

    @property
    def drawn_rows(self) -> list[Markup]:
        cells = staff_order_rows.StaffCells(self.viewer, self._deliveries)
        return order_rows(self.rows, self.columns, cells)

    @property
    def is_filtered(self) -> bool:
        return any(name != "sort" for name in self.kept)

    @property
    def total(self) -> str:
        return _("too many to count") if self.counts.total is None else capped(self.counts.total)

    @property
    def showing(self) -> str:
        return _("%(shown)s of %(total)s", shown=number(len(self.rows)), total=self.total)

    @cached_property
    def states(self) -> list[Chip]:
        counts, chosen = self.counts.by_state, self.filters.state
        every = self.counts.total if chosen is None else _sum(counts.values())
        chips = [Chip(_("All"), self.href({}, "state"), _number(every), chosen is None)]
        for state, text in STATES.items():
            href = self.href({}, "state") if state is chosen else self.href({"state": state.value})
            chips.append(Chip(str(text), href, _number(counts[state]), state is chosen))
        return chips

    @property
    def chips(self) -> Iterable[Chip]:
        """The filters that are set and can be removed, except the state."""
        account = self.counts.account
        texts = {
            "q": lambda: _("Matches “%(term)s”", term=self.kept["q"]),
            "hold": lambda: str(HOLDS[self.filters.hold]),
            "account": lambda: account.name if account else _("An account that does not exist"),
            "from": lambda: _("Placed since %(day)s", day=day(self.placed_from).striptags()),
            "to": lambda: _("Placed until %(day)s", day=day(self.placed_to).striptags()),
        }
        return [Chip(texts[name](), self.href({}, name)) for name in texts if name in self.kept]

    def sort(self, name: str) -> SortLink:
        is_oldest_first = self.kept.get("sort") == OLDEST_FIRST
        href = self.href({}, "sort") if is_oldest_first else self.href({"sort": OLDEST_FIRST})
        aria = "ascending" if is_oldest_first else "descending"
        return SortLink(href, None if self.slice.is_narrowed else aria)

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})


def _sum(counts: Iterable[int | None]) -> int | None:
    counts = list(counts)
    return None if None in counts else sum(counts)


def _number(count: int | None) -> str | None:
    return None if count is None else capped(count)


def _begin(wanted: date) -> datetime:
    """The first instant of a day of the distributor."""
    return datetime.combine(wanted, time(), settings().time_zone).astimezone(UTC)


def _day_with_a_next(text: str) -> date:
    """Raises ValueError, OverflowError."""
    wanted = date.fromisoformat(text)
    _begin(wanted + timedelta(days=1))
    return wanted


def _row_id(text: str) -> int:
    found = row_id(text)
    if found is None:
        raise ValueError
    return found
