"""The columns of the list of orders and of its file. The statements hold only the amounts that the reader may see."""

from collections.abc import Mapping

from markupsafe import Markup, escape

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.lists.columns import Column, Kind, nothing
from portal.display.orders import order_rows
from portal.models import AccountKind, OrderState, User
from portal.services.ordering.delivery import Delivery
from portal.services.ordering.order_list import ListedOrder
from portal.storefront.orders import order_words
from portal.storefront.orders.people import ordered_by, reason_of

LONGEST_REASON = 60
SORTED = ("placed",)
IN_LIST = (
    Column("number", lazy("Order"), cell="number", head_css="table__main table__short"),
    Column("state", lazy("State"), cell="state"),
    Column("ordered-by", lazy("Ordered by"), cell="ordered_by"),
    Column("licences", lazy("Licences"), "licences", Kind.NUMBER),
    Column("delivered", lazy("Delivered"), cell="delivered"),
    Column("po", lazy("PO"), cell="po"),
    Column("total", lazy("Total"), ("total", "currency"), Kind.AMOUNT),
    Column("placed", lazy("Placed"), "placed_at", Kind.DATE),
)
_ENDED = (OrderState.REJECTED, OrderState.CANCELLED)
_REASON = Markup('<span class="sub"><bdi>{}</bdi></span>')


class BuyerCells(order_rows.Cells):
    def __init__(self, viewer: User, deliveries: Mapping[int, Delivery]):
        super().__init__(viewer, "storefront.orders.show", deliveries)
        self._nothing_yet, self._gone = nothing(_("Nothing yet")), nothing(_("Not in your account any more"))

    def below_state(self, order: ListedOrder) -> str:
        reason = reason_of(order, self.viewer)
        return _REASON.format(_shortened(reason)) if order.state in _ENDED and reason else ""

    def ordered_by(self, order: ListedOrder, label: str) -> str:
        return f'<td class="table__text"{label}><bdi>{escape(ordered_by(order, self.viewer))}</bdi></td>'

    def delivered(self, order: ListedOrder, label: str) -> str:
        found = self.deliveries.get(order.id)
        empty = self._nothing_yet if found is None else self._gone
        part = escape(order_words.part(found)) if found is not None and found.lines else empty
        return f'<td class="nowrap"{label}>{part}</td>'


def in_file(viewer: User, texts: Mapping[OrderState, str]) -> list[Column]:
    """`texts`: what the states are called for this reader."""
    words = {state.value: text for state, text in texts.items()}
    columns = (
        Column("number", lazy("Order"), "id", csv=lambda ids: [f"ORD-{order_id}" for order_id in ids]),
        Column("state", lazy("State"), "state", csv=lambda states: [words.get(state, state) for state in states]),
        Column("buyer", lazy("Ordered by"), "buyer", is_for=_is_partner),
        Column("po", lazy("PO number"), "po_number"),
        Column("lines", lazy("Lines"), "lines_count", Kind.NUMBER),
        Column("licences", lazy("Licences"), "licences", Kind.NUMBER),
        Column("total", lazy("Total"), ("total", "currency"), Kind.AMOUNT),
        Column("currency", lazy("Currency"), "currency"),
        Column(
            "customer-total", lazy("Customer pays"), ("customer_total", "customer_currency"), Kind.AMOUNT,
            is_for=_is_partner,
        ),
        Column("customer-currency", lazy("Customer’s currency"), "customer_currency", is_for=_is_partner),
        Column("placed", lazy("Placed"), "placed_at", csv=lambda instants: [clock.day_of(at) for at in instants]),
    )  # fmt: skip
    return [column for column in columns if column.is_for(viewer)]


def _shortened(reason: str) -> str:
    return reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON].rsplit(' ', 1)[0]}…"


def _is_partner(user: User) -> bool:
    return user.account.kind is AccountKind.PARTNER
