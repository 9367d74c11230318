"""Issued invoice lines whose asset has no coupon any more, or never got one, and that are not credited."""

from sqlalchemy import CTE, ColumnElement, Select, select, text, union_all
from sqlalchemy.orm import joinedload

from portal.models import Asset, Invoice, InvoiceLine
from portal.models.asset import IS_FAILED, IS_IN_REVIEW
from portal.services.lists.join_hints import InOrder, in_order, materialized

_CANCELLED = text("lifecycle = 'cancelled'")


def rows() -> Select[tuple[InvoiceLine, Asset, Invoice]]:
    """By id of the line. Gone once it is credited as a whole, or its asset is delivered after all."""
    return (
        select(InvoiceLine, Asset, Invoice)
        .select_from(in_order(_joined(), Asset, Asset.id == InvoiceLine.asset_id))
        .where(*_is_billed())
        .options(joinedload(Invoice.billed_account))
        .order_by(InvoiceLine.id)
    )


def amounts() -> Select:
    """Currency, licences and money of each, for adding up."""
    columns = (
        Invoice.currency.label("currency"),
        (InvoiceLine.quantity - InvoiceLine.credited).label("quantity"),
        InvoiceLine.unit_price.label("unit_price"),
        Invoice.issued_at.label("since"),
    )
    return select(*columns).select_from(_joined()).where(*_is_billed())


def _joined() -> InOrder:
    """From the few assets that are not delivered to their lines, never the other way round."""
    missing = _undelivered()
    lines = in_order(missing, InvoiceLine, missing.c.id == InvoiceLine.asset_id)
    return in_order(lines, Invoice, Invoice.id == InvoiceLine.invoice_id)


def _is_billed() -> tuple[ColumnElement[bool], ...]:
    is_left = InvoiceLine.credited < InvoiceLine.quantity
    return InvoiceLine.is_issued, InvoiceLine.credits_line_id.is_(None), is_left, InvoiceLine.undelivered_reason == ""


def _undelivered() -> CTE:
    """Each branch reads an index of what waits for a person, or is cancelled."""
    branches = (select(Asset.id).where(condition) for condition in (IS_FAILED, IS_IN_REVIEW, _CANCELLED))
    return materialized(union_all(*branches), "undelivered")
