"""An order with the amounts that this reader may see: templates show nothing else."""

from dataclasses import dataclass
from decimal import Decimal

from portal.models import Asset, Order, OrderLine, User
from portal.services.catalog import margins
from portal.services.catalog.prices import PriceOf
from portal.services.ordering import delivery, order_rights
from portal.services.ordering.delivery import Delivery, Progress


@dataclass(frozen=True)
class LineView:
    """Amounts are in minor units; None if the reader may not see them or there is none."""

    line: OrderLine
    asset: Asset | None
    """None before the order is executed, or if the asset is not visible to the reader any more."""
    price: int | None
    total: int | None
    customer_price: int | None
    customer_total: int | None
    cost: PriceOf | None
    """Price and cost of one licence, for staff: see services/catalog/margins.py."""

    @property
    def progress(self) -> Progress | None:
        return None if self.asset is None else delivery.progress_of(self.asset)

    @property
    def margin(self) -> Decimal | None:
        """In percent of the price."""
        return None if self.cost is None else margins.margin(self.cost)

    @property
    def earned(self) -> int | None:
        """What the partner earns, where both amounts are in one currency."""
        is_one = self.line.currency == self.line.customer_currency
        if self.total is None or self.customer_total is None or not is_one:
            return None
        return self.customer_total - self.total


@dataclass(frozen=True)
class OrderView:
    order: Order
    lines: list[LineView]
    delivery: Delivery
    total: int | None
    customer_total: int | None

    @property
    def earned(self) -> int | None:
        """What the partner earns by its customer's order, where both amounts are in one currency."""
        is_one = self.order.currency == self.order.customer_currency
        if self.total is None or self.customer_total is None or not is_one:
            return None
        return self.customer_total - self.total


def view_of(order: Order, viewer: User) -> OrderView:
    """The order as access.visible_order returns it. One statement for an executed order."""
    assets = delivery.assets_of(viewer, order) if order.executed_at is not None else {}
    own, customers = order_rights.sees_price(viewer, order), order_rights.sees_customer_price(viewer, order)
    lines = [_line(line, assets.get(line.asset_id), own, customers, viewer) for line in order.lines]
    return OrderView(
        order,
        lines,
        _delivery(lines),
        order.total if own else None,
        order.customer_total if customers else None,
    )


def _line(line: OrderLine, asset: Asset | None, own: bool, customers: bool, viewer: User) -> LineView:
    return LineView(
        line,
        asset,
        price=line.unit_price if own else None,
        total=line.total if own else None,
        customer_price=line.customer_price if customers else None,
        customer_total=line.customer_total if customers else None,
        cost=PriceOf(line.unit_price, line.cost) if viewer.is_staff else None,
    )


def _delivery(lines: list[LineView]) -> Delivery:
    counts: dict[Progress, int] = {}
    for line in lines:
        if line.progress is not None:
            counts[line.progress] = counts.get(line.progress, 0) + 1
    return Delivery(counts)
