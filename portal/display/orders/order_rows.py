"""The rows of a list of orders, put together like those of a list of assets (display/lists/asset_rows.py)."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from portal.core.i18n import gettext as _
from portal.display.lists.columns import ShownColumn, drawing, nothing
from portal.display.orders.order_states import drawn_state, order_state
from portal.models import User
from portal.services.ordering.delivery import Delivery
from portal.services.ordering.order_list import ListedOrder
from portal.web.urls import pattern


class Cells:
    """Those that are more than a value; a column names its own (`Column.cell`). `page`: the endpoint of one order."""

    def __init__(self, viewer: User, page: str, deliveries: Mapping[int, Delivery]):
        self.viewer, self.deliveries = viewer, deliveries
        self._show, self._no_number = pattern(page, "order_id"), nothing(_("No number"))

    def number(self, order: ListedOrder, label: str) -> str:
        link = f'<a href="{self._show % order.id}">{order.number}</a>'
        return f'<th class="table__main table__short" scope="row">{link}</th>'

    def state(self, order: ListedOrder, label: str) -> str:
        words = order_state(order, self.viewer, self.deliveries.get(order.id))
        return f'<td class="table__all">{drawn_state(words)}{self.below_state(order)}</td>'

    def below_state(self, order: ListedOrder) -> str:
        """More about the state, for this area."""
        return ""

    def po(self, order: ListedOrder, label: str) -> str:
        number = f"<bdi>{escape(order.po_number)}</bdi>" if order.po_number else self._no_number
        return f'<td class="table__text"{label}>{number}</td>'


def order_rows(rows: Sequence[ListedOrder], columns: Sequence[ShownColumn], cells: Cells) -> list[Markup]:
    drawn = drawing(columns, cells)
    return [Markup(f'<tr id="order-{row.id}">{"".join([draw(row) for draw in drawn])}</tr>') for row in rows]
