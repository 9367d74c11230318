"""The columns of the list of orders for the distributor's staff."""

from collections.abc import Mapping

from markupsafe import Markup, escape

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.lists.columns import Column, Kind
from portal.display.orders import order_rows
from portal.models import Right, User
from portal.services.ordering.delivery import Delivery, Progress
from portal.services.ordering.order_list import ListedOrder
from portal.web.filters import number

SORTED = ("placed",)
COLUMNS = (
    Column(
        "select", lazy("Select"), cell="pick", is_for=lambda user: user.may(Right.ORDER), head_css="table__pick",
        has_quiet_heading=True,
    ),
    Column("number", lazy("Order"), cell="number", head_css="table__main table__short"),
    Column("state", lazy("State"), cell="state"),
    Column("account", lazy("Account"), cell="account"),
    Column("billed", lazy("Billed to"), cell="billed"),
    Column("po", lazy("PO"), cell="po"),
    Column("delivered", lazy("Delivered"), cell="delivered"),
    Column("total", lazy("Total"), ("total", "currency"), Kind.AMOUNT),
    Column("placed", lazy("Placed"), "placed_at", Kind.DATE),
)  # fmt: skip
_QUIET = Markup('<span class="empty-value">{}</span>')


class StaffCells(order_rows.Cells):
    def __init__(self, viewer: User, deliveries: Mapping[int, Delivery]):
        super().__init__(viewer, "bss.orders.show", deliveries)
        self._select, self._itself = escape(_("Select")), _QUIET.format(_("Itself"))

    def pick(self, order: ListedOrder, label: str) -> str:
        box = f'<input class="row-check" type="checkbox" name="pick" value="{order.id}" form="picks"'
        return f'<td class="table__pick"><label>{box} aria-label="{self._select} {order.number}"></label></td>'

    def account(self, order: ListedOrder, label: str) -> str:
        return f'<td class="table__text"{label}><bdi>{escape(order.account.name)}</bdi></td>'

    def billed(self, order: ListedOrder, label: str) -> str:
        is_itself = order.billed_account_id == order.account_id
        name = self._itself if is_itself else f"<bdi>{escape(order.billed)}</bdi>"
        return f'<td class="table__text"{label}>{name}</td>'

    def delivered(self, order: ListedOrder, label: str) -> str:
        """Such as "12 of 20"; before it is executed, how many lines it has."""
        return f'<td class="nowrap"{label}>{self._part(order)}</td>'

    def _part(self, order: ListedOrder) -> str:
        found = self.deliveries.get(order.id)
        if found is None or not found.lines:
            return _QUIET.format(ngettext("%(num)s line", "%(num)s lines", order.lines_count))
        part = _("%(part)s of %(all)s", part=number(found.of(Progress.DELIVERED)), all=number(found.lines))
        return escape(part)
