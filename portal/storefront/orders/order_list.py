"""The view model of the list of orders in the Storefront."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from flask import Response
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.lists.chips import Chip
from portal.display.lists.columns import SortLink, Table, shown
from portal.display.lists.list_address import row_id
from portal.display.orders.order_rows import order_rows
from portal.extensions import settings
from portal.models import AccountKind, OrderState, User
from portal.services.lists import exports
from portal.services.ordering import delivery, order_list
from portal.services.ordering.order_list import Filters, ListedOrder, Query, buyer_export
from portal.storefront.orders import order_columns, order_words
from portal.storefront.orders.people import seller_of
from portal.web.filters import capped, day, number
from portal.web.pages.downloads import Columns, csv_list
from portal.web.pages.pagination import Paged
from portal.web.urls import url_for

NAMES = ("q", "state", "account", "from", "to")
_LISTED = [state for state in OrderState if state is not OrderState.DRAFT]


def list_address(args: MultiDict) -> str:
    """The address of the first page of such a list."""
    return Paged(args, path=url_for("storefront.orders.index"), names=NAMES).href({})


class OrdersList(Paged):
    """Runs three SQL statements."""

    def __init__(self, viewer: User, args: MultiDict):
        super().__init__(args, path=url_for("storefront.orders.index"), names=NAMES)
        self.viewer, self.notes = viewer, []
        self.query = Query(self._filters(), after=self.place.after, before=self.place.before,
                           from_the_end=self.place.is_last)  # fmt: skip
        self.counts = order_list.count(viewer, self.query.filters)
        self.slice = order_list.page(viewer, self.query, self.counts)
        self._deliveries = delivery.deliveries(self.rows, viewer)
        self.columns = shown(order_columns.IN_LIST, viewer, order_columns.SORTED)

    @property
    def rows(self) -> Sequence[ListedOrder]:
        return self.slice.rows

    @property
    def drawn_rows(self) -> list[Markup]:
        return order_rows(self.rows, self.columns, order_columns.BuyerCells(self.viewer, self._deliveries))

    def sort(self, name: str) -> SortLink:
        """There is one order only."""
        return SortLink(None, "descending")

    @property
    def is_partner(self) -> bool:
        return self.viewer.account.kind is AccountKind.PARTNER

    @property
    def is_moving(self) -> bool:
        return any(map(self._is_moving, self.rows))

    @property
    def age(self) -> float:
        """Seconds since the last change of an order that is not settled."""
        return min((order_words.since(order) for order in self.rows if self._is_moving(order)), default=0)

    @property
    def is_filtered(self) -> bool:
        return bool(self.kept)

    @property
    def showing(self) -> str:
        total = self.counts.total
        if total is not None and total == len(self.rows):
            return ngettext("%(num)s order", "%(num)s orders", total)
        if total is None:
            return ngettext("%(num)s order on this page", "%(num)s orders on this page", len(self.rows))
        return _("%(shown)s of %(total)s", shown=number(len(self.rows)), total=capped(total))

    @property
    def export(self) -> str:
        return self.href({"format": "csv"})

    @property
    def chips(self) -> Iterator[Chip]:
        """By who has to act."""
        yield Chip(_("All"), self.href({}, "state"), is_current="state" not in self.kept)
        for state, text in state_texts(self.viewer).items():
            count = self.counts.by_state[state]
            is_set = self.kept.get("state") == state.value
            href = self.href({}, "state") if is_set else self.href({"state": state.value})
            yield Chip(text, href, count=None if count is None else capped(count), is_current=is_set)

    @property
    def set_filters(self) -> Iterator[Chip]:
        """Each with the address without it."""
        if self.counts.account is not None:
            yield Chip(_("Ordered by %(name)s", name=self.counts.account.name), self.href({}, "account"))
        for name, text in (("from", _("Placed from %(day)s")), ("to", _("Placed up to %(day)s"))):
            if name in self.kept:
                yield Chip(text % {"day": day(date.fromisoformat(self.kept[name])).striptags()}, self.href({}, name))

    def as_csv(self) -> Response:
        table = Table(order_columns.in_file(self.viewer, state_texts(self.viewer)))
        rows = buyer_export.exported(self.viewer, self.query, self.counts, table.sources)

        def read() -> Iterator[Columns]:
            return map(table.cells, exports.stream(rows))

        return csv_list(table.heads, read, "orders", lambda total: _("End of export: %(total)s orders", total=total))

    def _is_moving(self, order: ListedOrder) -> bool:
        delivered = self._deliveries.get(order.id)
        return order.is_waiting or (delivered is not None and not delivered.is_settled)

    def _filters(self) -> Filters:
        placed_from, placed_to = self._day("from"), self._day("to")
        text = self.kept.get("q")
        term = order_list.understand(self.viewer, text) if text else None
        return Filters(
            term=term,
            is_impossible=bool(text) and term is None,
            state=self._state(),
            account_id=self._account(),
            placed_from=placed_from and _start_of(placed_from),
            placed_before=placed_to and _start_of(placed_to + timedelta(days=1)),
        )

    def _state(self) -> OrderState | None:
        text = self.kept.get("state")
        state = next((each for each in _LISTED if each.value == text), None)
        if text and state is None:
            self._ignore("state", _("That filter is not known, so it was ignored."))
        return state

    def _account(self) -> int | None:
        text = self.kept.get("account")
        account_id = row_id(text) if text else None
        if text and account_id is None:
            self._ignore("account", _("There is no such account; all are shown."))
        return account_id

    def _day(self, name: str) -> date | None:
        text = self.kept.get(name)
        if not text:
            return None
        try:
            found = date.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or not date(2000, 1, 1) <= found <= date(2999, 12, 31):
            self._ignore(name, _("That is no day, so it was ignored."))
            return None
        self.kept[name] = found.isoformat()
        return found

    def _ignore(self, name: str, note: str) -> None:
        del self.kept[name]
        self.notes.append(note)


def state_texts(viewer: User) -> dict[OrderState, str]:
    """What the states are called: the reader is told who has to act."""
    seller = seller_of(viewer)
    texts = {}
    if viewer.account.kind is AccountKind.PARTNER:
        texts[OrderState.AWAITING_APPROVAL] = _("Wait for you")
    elif order_words.is_below_partner(viewer):
        texts[OrderState.AWAITING_APPROVAL] = _("Wait for %(name)s", name=seller)
    is_below = order_words.is_below_partner(viewer)
    texts[OrderState.SUBMITTED] = _("Being prepared") if is_below else _("Wait for %(name)s", name=seller)
    texts[OrderState.EXECUTED] = _("On the way or delivered")
    texts[OrderState.REJECTED] = _("Rejected")
    texts[OrderState.CANCELLED] = _("Cancelled")
    return texts


def _start_of(first: date) -> datetime:
    return datetime(first.year, first.month, first.day, tzinfo=settings().time_zone)
