"""Delivered lines that no issued invoice bills, although a run should have taken them by now."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import Select, and_, func, or_, select, text
from sqlalchemy.orm import joinedload

from portal.core import audit, clock, field_rules
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import (
    Account,
    Asset,
    Coupon,
    CouponStanding,
    Invoice,
    InvoiceLine,
    InvoiceRunItem,
    InvoiceTiming,
    Order,
    OrderLine,
    OrderState,
    RunItemState,
    User,
)
from portal.services import credit
from portal.services.invoicing import billable, drafts
from portal.services.lists.join_hints import in_order

LONGEST_REASON = 500
_NOT_BILLED = text(
    "NOT order_lines.is_billed AND order_lines.asset_id IS NOT NULL AND order_lines.non_billable_reason IS NULL "
    "AND order_lines.unit_price > 0"
)
"""The condition of the partial index, where other tables have columns of these names."""


class Why(enum.Enum):
    ON_A_DRAFT = "draft"
    CREDITED = "credited"
    """All that was invoiced of it."""
    LEFT_OUT = "left-out"
    """Of the newest run, with its reason."""
    NO_TAX_CODE = "tax-code"
    NO_RUN = "run"
    """Executed without an invoice or a reason, and no run has taken it."""


@dataclass(frozen=True)
class Found:
    line: OrderLine
    asset: Asset
    order: Order
    why: Why
    detail: str = ""
    invoice: Invoice | None = None
    """The draft, or what was credited."""


def rows() -> Select[tuple[OrderLine, Asset, Order]]:
    """By id of the line. Gone once it is invoiced, or has the reason why it never is."""
    payer = joinedload(Order.billed_account).joinedload(Account.tax_code)
    return (
        _joined(select(OrderLine, Asset, Order))
        .options(payer, joinedload(Asset.coupon))
        .order_by(OrderLine.id)
    )  # fmt: skip


def amounts() -> Select:
    columns = (
        OrderLine.currency.label("currency"),
        OrderLine.quantity.label("quantity"),
        OrderLine.unit_price.label("unit_price"),
        Order.executed_at.label("since"),
    )
    return _joined(select(*columns)).order_by(
        OrderLine.id
    )  # in the order of the partial index, so that SQLite reads it


def explained(found: Sequence[tuple[OrderLine, Asset, Order]]) -> list[Found]:
    """Why each is not billed. Three statements for a page."""
    invoices = _invoices([line.id for line, *_rest in found])
    runs = _newest_items({order.billed_account_id for *_rest, order in found})
    codes = drafts.tax_codes()
    return [Found(*row, *_why(*row, invoices.get(row[0].id), runs, codes)) for row in found]


def never() -> Select[tuple[OrderLine, Asset, Order]]:
    """Lines that are decided never to be invoiced, each with its reason."""
    is_never = or_(Order.invoice_timing == InvoiceTiming.NEVER, OrderLine.non_billable_reason.is_not(None))
    return (
        select(OrderLine, Asset, Order)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Asset, Asset.id == OrderLine.asset_id)
        .where(Order.state == OrderState.EXECUTED, is_never)
        .options(joinedload(Order.billed_account))
        .order_by(OrderLine.id)
    )


def line_of(line_id: int) -> OrderLine:
    """An executed line with its order. Staff see all. Raises NotVisible."""
    rows = select(OrderLine).join(Order, Order.id == OrderLine.order_id).options(joinedload(OrderLine.order))
    is_it = (OrderLine.id == line_id, Order.state == OrderState.EXECUTED)
    line = db.session.scalar(rows.where(*is_it).execution_options(populate_existing=True))
    if line is None:
        raise NotVisible()
    return line


def record_reason(line: OrderLine, reason: str, *, version: int, by: User) -> None:
    """It is never invoiced. `version`: of its order. Raises Conflict, StaleVersion, InvalidInput."""
    reason = field_rules.long_text(reason, "reason", LONGEST_REASON)
    if not reason:
        raise InvalidInput("reason", _("Say why it is not invoiced."))
    with transaction():
        credit.lock_payers([line.order.billed_account_id])  # as who drafts its invoice
        order = lock(Order, line.order_id)
        if order.version != version:
            raise StaleVersion(_("Somebody else changed this order in the meantime. Look at it, then press again."))
        row = db.session.get(OrderLine, line.id, populate_existing=True)
        if _is_on_an_invoice(row.id):
            raise Conflict(_("It is on an invoice or a draft. Leave it out there first."))
        order.version += 1
        audit.record(
            "order", order.id, "never invoice", by=by, field=f"line {row.position}",
            before=row.non_billable_reason, after=reason,
        )  # fmt: skip
        row.non_billable_reason = reason


def _is_on_an_invoice(line_id: int) -> bool:
    return (
        db.session.scalar(select(OrderLine.id).where(OrderLine.id == line_id, billable.is_on_an_invoice())) is not None
    )


def _joined(rows: Select) -> Select:
    today = clock.today()
    recorded = (Coupon.asset_id == Asset.id, Coupon.standing == CouponStanding.RECORDED)
    delivered_at = func.coalesce(Asset.issued_at, select(Coupon.recorded_at).where(*recorded).scalar_subquery())
    with_orders = in_order(OrderLine, Order, Order.id == OrderLine.order_id)
    is_late = or_(
        delivered_at < _start(today.replace(day=1)),
        and_(Order.invoice_timing == InvoiceTiming.AT_ONCE, delivered_at < _start(today)),
    )
    return (
        rows.select_from(in_order(with_orders, Asset, Asset.id == OrderLine.asset_id))
        .where(_NOT_BILLED, Order.state == OrderState.EXECUTED, Order.invoice_timing != InvoiceTiming.NEVER)
        .where(billable.IS_DELIVERED, is_late)
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, settings().time_zone).astimezone(UTC)


def _invoices(line_ids: list[int]) -> dict[int, Invoice]:
    """The newest draft or invoice of each order line."""
    rows = (
        select(InvoiceLine.order_line_id, Invoice)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.order_line_id.in_(line_ids), InvoiceLine.credits_line_id.is_(None))
        .order_by(InvoiceLine.id)
    )
    return {line_id: invoice for line_id, invoice in db.session.execute(rows)}


def _newest_items(account_ids: set[int]) -> dict[int, InvoiceRunItem]:
    rows = select(func.max(InvoiceRunItem.id)).where(InvoiceRunItem.account_id.in_(account_ids))
    newest = rows.group_by(InvoiceRunItem.account_id).scalar_subquery()
    items = db.session.scalars(select(InvoiceRunItem).where(InvoiceRunItem.id.in_(newest)))
    return {item.account_id: item for item in items}


def _why(
    line: OrderLine, _asset: Asset, order: Order, invoice: Invoice | None, runs: dict, codes: drafts.Codes
) -> tuple:
    if invoice is not None:
        return (Why.ON_A_DRAFT if invoice.is_draft else Why.CREDITED), "", invoice
    item = runs.get(order.billed_account_id)
    if drafts.code_of(line, order.billed_account, codes) is None:
        return Why.NO_TAX_CODE, "", None
    if item is not None and item.reason and item.state in (RunItemState.LEFT_OUT, RunItemState.NOT_ISSUED):
        return Why.LEFT_OUT, item.reason, None
    return Why.NO_RUN, "", None
