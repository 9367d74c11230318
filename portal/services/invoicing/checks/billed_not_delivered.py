"""Issued invoice lines whose asset has no coupon any more, or never got one, and that are not credited."""

from sqlalchemy import ColumnElement, Select, Subquery, select, text, union_all
from sqlalchemy.orm import joinedload

from portal.models import Asset, Invoice, InvoiceLine
from portal.models.asset import IS_FAILED, IS_IN_REVIEW

_CANCELLED = text("lifecycle = 'cancelled'")


def rows() -> Select[tuple[InvoiceLine, Asset, Invoice]]:
    """By id of the line. Gone once it is credited as a whole, or its asset is delivered after all."""
    missing = _undelivered()
    return (
        select(InvoiceLine, Asset, Invoice)
        .join(missing, missing.c.id == InvoiceLine.asset_id)
        .join(Asset, Asset.id == InvoiceLine.asset_id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(*_is_billed())
        .options(joinedload(Invoice.billed_account))
        .order_by(InvoiceLine.id)
    )


def amounts() -> Select:
    """Currency, licences and money of each, for adding up."""
    missing = _undelivered()
    left = InvoiceLine.quantity - InvoiceLine.credited
    return (
        select(
            Invoice.currency.label("currency"),
            left.label("quantity"),
            InvoiceLine.unit_price.label("unit_price"),
            Invoice.issued_at.label("since"),
        )
        .join(missing, missing.c.id == InvoiceLine.asset_id)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(*_is_billed())
    )  # fmt: skip


def _is_billed() -> tuple[ColumnElement[bool], ...]:
    is_left = InvoiceLine.credited < InvoiceLine.quantity
    return InvoiceLine.is_issued, InvoiceLine.credits_line_id.is_(None), is_left, InvoiceLine.undelivered_reason == ""


def _undelivered() -> Subquery:
    """Each branch reads an index of what waits for a person, or is cancelled."""
    branches = (select(Asset.id).where(condition) for condition in (IS_FAILED, IS_IN_REVIEW, _CANCELLED))
    return union_all(*branches).subquery()
