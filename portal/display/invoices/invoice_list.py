"""The view model of a list of invoices, for both areas."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from typing import Any

from flask import Response
from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.display.invoices import invoice_columns
from portal.display.invoices.invoice_rows import InvoiceRows
from portal.display.invoices.invoice_states import LISTED
from portal.display.lists.chips import Chip
from portal.display.lists.columns import ShownColumn, SortLink, Table, shown
from portal.display.lists.list_address import row_id
from portal.models import User
from portal.services.invoicing import invoice_list
from portal.services.invoicing.invoice_list import BY_DUE_DAY, Counts, Filters, Listed, Query, Totals
from portal.services.lists import exports
from portal.web.filters import capped, day, number
from portal.web.pages.downloads import Columns, csv_list
from portal.web.pages.fragments import wants_fragment
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

OLDEST_FIRST = "oldest"
DAYS = ("from", "to", "due-from", "due-to")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)


class InvoiceFilters(Paged):
    """What the address asks for. What cannot be read is left out, and a note says so."""

    area = ""
    names: tuple[str, ...] = ()

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for(f"{self.area}.invoices.index"), names=(*self.names, *DAYS, "sort"))
        self.viewer = viewer
        self.notes: list[str] = []
        self.days: dict[str, date | None] = {
            name: self._read(name, _day, _("That is no day, so it was ignored.")) for name in DAYS
        }
        self.filters = self._filters()
        if self.kept.get("sort") not in (None, OLDEST_FIRST):
            del self.kept["sort"]

    @classmethod
    def address(cls, args: MultiDict) -> str:
        """Of the first page of such a list."""
        path = url_for(f"{cls.area}.invoices.index")
        return Paged(args, path=path, names=(*cls.names, *DAYS, "sort")).href({})

    @property
    def query(self) -> Query:
        place = self.place
        descending = self.kept.get("sort") != OLDEST_FIRST
        return Query(self.filters, descending, place.after, place.before, place.is_last)

    def as_csv(self) -> Response:
        """Exactly what the list shows, all pages, in its order. The heading is sent before the database is queried."""
        table = Table(invoice_columns.of(invoice_columns.FILE, self.viewer))

        def read() -> Iterator[Columns]:
            counts = invoice_list.count(self.viewer, self.filters)
            rows = invoice_list.matching(self.viewer, self.query, counts)
            columns = [invoice_list.source(name) for name in table.sources]
            return map(table.cells, exports.stream(rows.with_only_columns(*columns, maintain_column_froms=True)))

        return csv_list(
            table.heads, read, "invoices", lambda total: _("End of export: %(total)s invoices", total=total)
        )

    def _filters(self) -> Filters:
        unknown = _("That filter is not known, so it was ignored.")
        typed = self.kept.get("q", "")
        term = invoice_list.understand(self.viewer, typed) if typed else None
        return Filters(
            clock.today(),
            term=term,
            state=self._read("state", Listed, unknown),
            account_id=self._read("account", _row_id, unknown),
            currency=self._read("currency", _currency, unknown),
            issued_from=self.days["from"],
            issued_until=self.days["to"],
            due_from=self.days["due-from"],
            due_until=self.days["due-to"],
            is_impossible=bool(typed) and term is None,
        )

    def _read(self, name: str, read: Callable[[str], Any], refusal: str) -> Any:
        text = self.kept.get(name)
        if text is None:
            return None
        try:
            return read(text)
        except ValueError:
            del self.kept[name]
            self.notes.append(refusal)
            return None


class InvoiceList(InvoiceFilters):
    """Runs two SQL statements."""

    layout = ""
    states: tuple[Listed, ...] = ()

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(viewer, args)
        self.counts: Counts = invoice_list.count(viewer, self.filters, with_totals=not wants_fragment())
        self.slice = invoice_list.page(viewer, self.query, self.counts)
        sorts = ("due",) if self.filters.state in BY_DUE_DAY else ("issued",)
        columns = invoice_columns.of(self.layout, viewer)
        self.columns: tuple[ShownColumn, ...] = shown(columns, viewer, sorts)

    @cached_property
    def rows(self) -> list:
        drawn = InvoiceRows(self.columns, area=self.area)
        return [drawn.row(invoice) for invoice in self.slice.rows]

    @property
    def totals(self) -> Totals:
        return self.counts.totals

    @property
    def is_filtered(self) -> bool:
        return any(name != "sort" for name in self.kept)

    @property
    def showing(self) -> str:
        total = self.counts.total
        text = _("too many to count") if total is None else capped(total)
        return _("%(shown)s of %(total)s", shown=number(len(self.rows)), total=text)

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})

    def sort(self, _name: str) -> SortLink:
        is_oldest_first = self.kept.get("sort") == OLDEST_FIRST
        href = self.href({}, "sort") if is_oldest_first else self.href({"sort": OLDEST_FIRST})
        return SortLink(href, "ascending" if is_oldest_first else "descending")

    @property
    def state_chips(self) -> Iterator[Chip]:
        chosen = self.filters.state
        yield Chip(_("All"), self.href({}, "state"), _number(self.counts.every), chosen is None)
        for state in (*self.states, *({chosen} - {*self.states, None})):
            href = self.href({}, "state") if state is chosen else self.href({"state": state.value})
            yield Chip(self.state_text(state), href, _number(self.counts.by_state[state]), state is chosen)

    def state_text(self, state: Listed) -> str:
        return str(LISTED[state])

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set and can be removed, except the state."""
        account = self.counts.account
        texts = {
            "q": lambda: _("Matches “%(term)s”", term=self.kept["q"]),
            "account": lambda: account.name if account else _("An account that does not exist"),
            "currency": lambda: self.kept["currency"],
            "from": lambda: _("Issued since %(day)s", day=day(self.days["from"]).striptags()),
            "to": lambda: _("Issued until %(day)s", day=day(self.days["to"]).striptags()),
            "due-from": lambda: _("Due since %(day)s", day=day(self.days["due-from"]).striptags()),
            "due-to": lambda: _("Due until %(day)s", day=day(self.days["due-to"]).striptags()),
        }
        return [Chip(texts[name](), self.href({}, name)) for name in texts if name in self.kept]


def _number(count: int | None) -> str | None:
    return None if count is None else capped(count)


def _day(text: str) -> date:
    """Raises ValueError."""
    wanted = date.fromisoformat(text)
    if not _EARLIEST <= wanted <= _LATEST:
        raise ValueError
    return wanted


def _currency(text: str) -> str:
    """Raises ValueError."""
    if not (len(text) == 3 and text.isascii() and text.isalpha()):
        raise ValueError
    return text.upper()


def _row_id(text: str) -> int:
    """Raises ValueError."""
    found = row_id(text)
    if found is None:
        raise ValueError
    return found
