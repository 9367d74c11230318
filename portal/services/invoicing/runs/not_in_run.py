"""What a run does not bill, counted for its preview: by reason the lines, and their amounts by currency."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, func, or_, select

from portal.extensions import db
from portal.models import Asset, InvoiceLine, InvoiceTiming, Lifecycle, Order, OrderLine, OrderState
from portal.services.invoicing import billable

REASONS = ("undelivered", "later", "credited", "never", "billed", "imported")


@dataclass
class Tally:
    count: int = 0
    amounts: dict[str, int] = field(default_factory=dict)

    def add(self, currency: str | None, amount: int | None, count: int = 1) -> None:
        self.count += count
        if currency is not None:
            self.amounts[currency] = self.amounts.get(currency, 0) + (amount or 0)


def add(before: Mapping, more: Mapping[str, Tally]) -> dict:
    """As JSON."""
    result = {name: dict(each) for name, each in before.items()}
    for name, tally in more.items():
        sums = tallied(result, name)
        for currency, amount in tally.amounts.items():
            sums.add(currency, amount, 0)
        sums.count += tally.count
        result[name] = {"count": sums.count, "amounts": sums.amounts}
    return result


def tallied(others: Mapping, name: str) -> Tally:
    stored = others.get(name) or {}
    return Tally(stored.get("count", 0), dict(stored.get("amounts", {})))


def counted(until: date) -> dict[str, Tally]:
    """As it is now. Reads every order line once."""
    return {
        "undelivered": _sum(_lines().where(billable.is_to_be_billed(), _is_awaited(), ~billable.is_on_an_invoice())),
        "credited": _sum(_credited()),
        "never": _sum(never()),
        "billed": _sum(_billed(until)),
        "imported": Tally(db.session.scalar(select(func.count()).where(Asset.order_id.is_(None)))),
    }


def never() -> Select:
    """Lines that are decided never to be invoiced, with the reason."""
    is_never = or_(Order.invoice_timing == InvoiceTiming.NEVER, OrderLine.non_billable_reason.is_not(None))
    return _lines().where(Order.state == OrderState.EXECUTED, is_never)


def _lines() -> Select:
    return (
        select(OrderLine)
        .join(Order, OrderLine.order_id == Order.id)
        .join(Asset, OrderLine.asset_id == Asset.id)
    )  # fmt: skip


def _credited() -> Select:
    """As a whole, and nobody has decided yet."""
    is_free = ~billable.is_on_an_invoice() & billable.was_on_an_invoice()
    return _lines().where(billable.is_to_be_billed(), billable.IS_DELIVERED, is_free)


def _is_awaited():
    return (Asset.lifecycle == Lifecycle.ACTIVE) & ~billable.IS_DELIVERED


def _billed(until: date) -> Select:
    """Delivered in the month that ends then, and on a draft or an invoice."""
    is_of_month = InvoiceLine.delivered_on.between(until.replace(day=1), until)
    is_left = (InvoiceLine.credited < InvoiceLine.quantity) & InvoiceLine.credits_line_id.is_(None)
    return _lines().join(InvoiceLine, InvoiceLine.order_line_id == OrderLine.id).where(is_of_month, is_left)


def _sum(rows: Select) -> Tally:
    columns = OrderLine.currency, func.sum(OrderLine.quantity * OrderLine.unit_price), func.count()
    tally = Tally()
    for currency, amount, count in db.session.execute(rows.with_only_columns(*columns).group_by(OrderLine.currency)):
        tally.add(currency, None if amount is None else int(amount), count)
    return tally
