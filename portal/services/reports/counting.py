"""The sums of some days, counted afresh from assets and invoices."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, Integer, Select, and_, bindparam, cast, extract, func, literal, select

from portal.extensions import db
from portal.models import (
    NO_CURRENCY,
    REDEEMED,
    REVOKED,
    Asset,
    Coupon,
    CouponStanding,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    Lifecycle,
    OrderLine,
    SyncStatus,
)


class Key(NamedTuple):
    """Whose sums they are."""

    day: date
    product_id: int
    billed_account_id: int
    currency: str


Sums = dict[str, int]
"""By the names in SUMS; what is missing is 0."""


def of_days(days: Sequence[date]) -> dict[Key, Sums]:
    """Two statements."""
    found: dict[Key, Sums] = {}
    for statement in (_bought, _billed):
        for row in db.session.execute(statement(), {"days": list(days)}):
            key, counted = Key(*row[: len(Key._fields)]), row[len(Key._fields) :]
            sums = found.setdefault(key, {})
            names = row._fields[len(Key._fields) :]
            sums |= {name: int(value) for name, value in zip(names, counted, strict=True) if value}
    return {key: sums for key, sums in found.items() if sums}


def _bought() -> Select:
    key = (Asset.purchased_on, Asset.product_id, Asset.billed_account_id, func.coalesce(Asset.currency, NO_CURRENCY))
    seconds = _whole_seconds(Coupon.recorded_at) - _whole_seconds(Asset.created_at)
    is_timed = and_(Coupon.id.is_not(None), Asset.imported_at.is_(None))
    return (
        select(
            *key,
            *(sum_ for name, condition in outcomes().items() for sum_ in of_assets(name, condition)),
            _sum(literal(1), is_timed).label("timed_assets"),
            _sum(seconds, is_timed).label("seconds"),
        )
        .select_from(Asset)
        .outerjoin(*recorded_coupon())
        .where(Asset.purchased_on.in_(_days()))
        .group_by(*key)
    )


def recorded_coupon() -> tuple[type[Coupon], ColumnElement[bool]]:
    """To be joined to assets."""
    return Coupon, and_(Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.RECORDED)


def outcomes() -> dict[str, ColumnElement[bool] | None]:
    """What became of assets, as the filters of their list say it (services/lists/list_filters.py). `Coupon` is the
    recorded one, if there is one."""
    is_active = Asset.lifecycle == Lifecycle.ACTIVE
    status = func.coalesce(Coupon.status, "")
    is_delivered = and_(is_active, Asset.sync_status == SyncStatus.SYNCHRONIZED)
    has_code = and_(Coupon.id.is_not(None), Coupon.redeemed_at.is_(None), status.not_in((REDEEMED, REVOKED)))
    return {
        "ordered": None,
        "delivered": is_delivered,
        "failed": and_(is_active, Asset.sync_status == SyncStatus.FAILED),
        "cancelled": Asset.lifecycle == Lifecycle.CANCELLED,
        "unredeemed": and_(is_delivered, has_code),
    }


def of_assets(name: str, condition: ColumnElement[bool] | None) -> tuple[ColumnElement[int], ...]:
    return (
        _sum(literal(1), condition).label(f"{name}_assets"),
        _sum(Asset.quantity, condition).label(f"{name}_licences"),
        _sum(Asset.quantity * Asset.unit_price, condition).label(f"{name}_amount"),
    )


def _billed() -> Select:
    key = (Invoice.issued_on, OrderLine.product_id, Invoice.billed_account_id, Invoice.currency)
    is_invoice, is_credit = Invoice.kind == InvoiceKind.INVOICE, Invoice.kind == InvoiceKind.CREDIT_NOTE
    net, cost = InvoiceLine.quantity * InvoiceLine.unit_price, InvoiceLine.quantity * OrderLine.cost
    has_cost = and_(OrderLine.cost.is_not(None), OrderLine.currency == Invoice.currency)
    sides = (("invoiced", is_invoice), ("credited", is_credit))
    return (
        select(
            *key,
            *(
                _sum(value, condition).label(f"{name}_{of}")
                for name, condition in sides
                for of, value in (("lines", literal(1)), ("licences", InvoiceLine.quantity), ("amount", net))
            ),
            *(
                (_sum(value, and_(has_cost, is_invoice)) - _sum(value, and_(has_cost, is_credit))).label(name)
                for name, value in (("cost", cost), ("costed_amount", net))
            ),
        )
        .select_from(Invoice)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .join(OrderLine, OrderLine.id == InvoiceLine.order_line_id)
        .where(Invoice.number.is_not(None), Invoice.issued_on.in_(_days()))
        .group_by(*key)
    )


def _days() -> ColumnElement:
    return bindparam("days", expanding=True, type_=Date())


def _sum(value: ColumnElement, condition: ColumnElement[bool] | None) -> ColumnElement[int]:
    """0 of no rows."""
    total = func.sum(value)
    return func.coalesce(total if condition is None else total.filter(condition), 0)


def _whole_seconds(instant: ColumnElement) -> ColumnElement[int]:
    """Since 1970, without parts of a second, on both databases."""
    if db.session.get_bind().dialect.name == "sqlite":
        return cast(func.strftime("%s", instant), Integer)
    return func.floor(extract("epoch", instant))


def all_days() -> list[date]:
    """On which anything counts."""
    bought = select(Asset.purchased_on).distinct()
    billed = select(Invoice.issued_on).where(Invoice.number.is_not(None)).distinct()
    return sorted(db.session.scalars(bought.union(billed)))
