"""Which order lines may be invoiced: delivered, with a price, on no invoice, and not decided otherwise.

Imported assets have no order line; they are billed elsewhere. A line without a price has nothing to bill.
"""

import enum
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, exists, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from portal.extensions import db
from portal.models import Asset, InvoiceLine, InvoiceTiming, Lifecycle, Order, OrderLine, OrderState, SyncStatus

MOST_LEFT = 15
IS_DELIVERED = and_(Asset.sync_status == SyncStatus.SYNCHRONIZED, Asset.lifecycle == Lifecycle.ACTIVE)
"""Its coupon is recorded, and was not revoked."""
Found = Sequence[tuple[OrderLine, Asset]]


def is_on_an_invoice() -> ColumnElement[bool]:
    """Whether something of the order line is billed: on a draft or an invoice, and not credited as a whole."""
    is_billed = InvoiceLine.credits_line_id.is_(None) & (InvoiceLine.credited < InvoiceLine.quantity)
    return exists().where(InvoiceLine.order_line_id == OrderLine.id, is_billed)


def was_on_an_invoice() -> ColumnElement[bool]:
    """Whether the order line was ever billed, or is on a draft. After it was credited as a whole, a person decides
    whether it is invoiced anew, and at which price: a run would repeat what was wrong."""
    return exists().where(InvoiceLine.order_line_id == OrderLine.id, InvoiceLine.credits_line_id.is_(None))


def is_to_be_billed() -> ColumnElement[bool]:
    """Whether a bought line is invoiced at all. Joined with its order."""
    return and_(
        Order.state == OrderState.EXECUTED,
        Order.invoice_timing != InvoiceTiming.NEVER,
        OrderLine.non_billable_reason.is_(None),
        OrderLine.unit_price > 0,
    )


def lines() -> Select[tuple[OrderLine, Asset]]:
    """With order and account of each line; the oldest orders first."""
    return (
        select(OrderLine, Asset)
        .join(Order, OrderLine.order_id == Order.id)
        .join(Asset, OrderLine.asset_id == Asset.id)
        .where(is_to_be_billed(), IS_DELIVERED, ~is_on_an_invoice())
        .options(joinedload(OrderLine.order), joinedload(OrderLine.account), joinedload(Asset.coupon))
        .order_by(OrderLine.order_id, OrderLine.position)
    )


class Why(enum.Enum):
    """Why a bought line is on no invoice yet."""

    LATER = "later"
    """It could be invoiced now."""
    UNDELIVERED = "undelivered"
    NEVER = "never"
    """Somebody decided it, and said why."""
    NO_PRICE = "no price"


class Left(NamedTuple):
    line: OrderLine
    asset: Asset
    why: Why
    reason: str
    """What the person said who decided it."""


def left_out(account_id: int) -> list[Left]:
    """What the account bought and is on no invoice, the newest first: at most MOST_LEFT lines. What was cancelled is
    owed no more. One statement."""
    rows = (
        select(OrderLine, Asset)
        .join(Order, OrderLine.order_id == Order.id)
        .join(Asset, OrderLine.asset_id == Asset.id)
        .where(Order.billed_account_id == account_id, Order.state == OrderState.EXECUTED)
        .where(Asset.lifecycle == Lifecycle.ACTIVE, ~is_on_an_invoice())
        .options(joinedload(OrderLine.order), joinedload(OrderLine.account))
        .order_by(OrderLine.id.desc())
        .limit(MOST_LEFT)
    )
    return [Left(line, asset, *_why(line, asset)) for line, asset in db.session.execute(rows)]


def _why(line: OrderLine, asset: Asset) -> tuple[Why, str]:
    if line.non_billable_reason is not None:
        return Why.NEVER, line.non_billable_reason
    if line.order.invoice_timing is InvoiceTiming.NEVER:
        return Why.NEVER, line.order.invoice_reason
    if asset.sync_status is not SyncStatus.SYNCHRONIZED:
        return Why.UNDELIVERED, ""
    return (Why.LATER if line.unit_price else Why.NO_PRICE), ""


def of_loaded(order: Order, assets: Mapping[int, Asset]) -> Found:
    """What `lines` finds of an order as access.shown_order loads it; `assets`: of its lines, by id. No statement."""
    if order.state is not OrderState.EXECUTED or order.invoice_timing is InvoiceTiming.NEVER:
        return []
    bought = [(line, assets[line.asset_id]) for line in order.lines if line.asset_id in assets]
    return [(line, asset) for line, asset in bought if _may_be_billed(line) and _is_delivered(asset)]


def _may_be_billed(line: OrderLine) -> bool:
    return not is_loaded_on_an_invoice(line) and line.non_billable_reason is None and bool(line.unit_price)


def is_loaded_on_an_invoice(line: OrderLine) -> bool:
    """As `is_on_an_invoice`, of a line that is loaded with its invoice lines."""
    return any(each.credits_line_id is None and each.credited < each.quantity for each in line.invoice_lines)


def _is_delivered(asset: Asset) -> bool:
    return asset.sync_status is SyncStatus.SYNCHRONIZED and asset.lifecycle is Lifecycle.ACTIVE


def of_order(order_id: int) -> Found:
    """As they are now, whatever was read before: the account that pays may have been merged into another one."""
    rows = lines().where(OrderLine.order_id == order_id).execution_options(populate_existing=True)
    return db.session.execute(rows).all()


def of_account(account_id: int, line_ids: Sequence[int]) -> Found:
    """Those with these ids of what a billed account owes."""
    rows = lines().where(Order.billed_account_id == account_id, OrderLine.id.in_(line_ids))
    return db.session.execute(rows).all()


def not_delivered_any_more(invoice_id: int) -> Asset | None:
    """One on this draft that was delivered when it was drafted, unless a person said why it is invoiced
    nevertheless."""
    rows = select(Asset).join(InvoiceLine, InvoiceLine.asset_id == Asset.id)
    rows = rows.where(InvoiceLine.invoice_id == invoice_id, InvoiceLine.undelivered_reason == "", ~IS_DELIVERED)
    return db.session.scalar(rows.order_by(InvoiceLine.position).limit(1))


def of_order_for_run(order_id: int) -> Found:
    return db.session.execute(_for_run(OrderLine.order_id), {"its_id": order_id}).all()


def of_account_for_run(account_id: int) -> Found:
    return db.session.execute(_for_run(Order.billed_account_id), {"its_id": account_id}).all()


@cache
def _for_run(column: InstrumentedAttribute[int]) -> Select[tuple[OrderLine, Asset]]:
    """Made once: a run asks it for each of its orders and accounts."""
    return lines().where(~was_on_an_invoice(), column == bindparam("its_id", type_=Integer))
