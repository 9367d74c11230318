"""Who sees which invoices and payments. As in core/access.py, only this module starts queries on them for people.

They belong to the account that is billed: not to the accounts above it, and not to those below.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Integer, Select, bindparam, select, true
from sqlalchemy.orm import joinedload, selectinload, undefer

from portal.core import access
from portal.core.errors import NotVisible
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Asset, DocumentKind, Invoice, InvoiceDocument, InvoiceLine, OrderLine, Payment, User


def visible_invoices(user: User | Viewer) -> Select[tuple[Invoice]]:
    """Invoices and credit notes of the account that is billed, never of the accounts above or below; drafts are for
    the distributor's staff."""
    is_own = (Invoice.billed_account_id == user.account.id) & Invoice.number.is_not(None)
    return select(Invoice).where(true() if user.is_staff else is_own)


def visible_invoice(user: User, invoice_id: int) -> Invoice:
    """With its lines, taxes, order and account, and who made and issued it. Raises NotVisible."""
    return access.the_one(_with_all(visible_invoices(user).where(Invoice.id == invoice_id)))


def visible_drafts(user: User, most: int, invoice_ids: Sequence[int] | None = None) -> list[Invoice]:
    """The oldest drafts, or those of them with these ids, as visible_invoice loads them."""
    rows = visible_invoices(user).where(Invoice.number.is_(None)).order_by(Invoice.id).limit(most)
    if invoice_ids is not None:
        rows = rows.where(Invoice.id.in_(invoice_ids))
    return list(db.session.scalars(_with_all(rows)))


def invoice_for_worker(invoice_id: int) -> Invoice:
    """As visible_invoice, whoever it belongs to. Raises NotVisible."""
    return access.the_one(_for_worker(), {"invoice_id": invoice_id})


def draft_to_issue(invoice_id: int) -> Invoice:
    """With its account and lines: what an issue needs. Whoever it belongs to. Raises NotVisible."""
    return access.the_one(_to_issue(), {"invoice_id": invoice_id})


@cache
def _to_issue() -> Select[tuple[Invoice]]:
    lines = selectinload(Invoice.lines)
    return select(Invoice).where(Invoice.id == bindparam("invoice_id", type_=Integer)).options(
        joinedload(Invoice.billed_account),
        lines.joinedload(InvoiceLine.asset),
        lines.joinedload(InvoiceLine.order_line).joinedload(OrderLine.order),
    )  # fmt: skip


@cache
def _for_worker() -> Select[tuple[Invoice]]:
    """Made once: a run asks it for each of its invoices."""
    return _with_all(select(Invoice).where(Invoice.id == bindparam("invoice_id", type_=Integer)))


def _with_all(rows: Select[tuple[Invoice]]) -> Select[tuple[Invoice]]:
    lines = selectinload(Invoice.lines)
    return rows.options(
        joinedload(Invoice.billed_account),
        joinedload(Invoice.order),
        joinedload(Invoice.corrects),
        joinedload(Invoice.made_by),
        joinedload(Invoice.issued_by),
        lines.joinedload(InvoiceLine.asset).joinedload(Asset.coupon),
        lines.joinedload(InvoiceLine.order_line).joinedload(OrderLine.order),
        selectinload(Invoice.taxes),
    )


def invoice_documents(user: User, invoice_id: int) -> list[InvoiceDocument]:
    """Without their content. The caller has checked that the person sees the invoice."""
    visible = visible_invoices(user).where(Invoice.id == invoice_id).with_only_columns(Invoice.id)
    rows = select(InvoiceDocument).where(InvoiceDocument.invoice_id.in_(visible))
    return list(db.session.scalars(rows.order_by(InvoiceDocument.id)))


def visible_document(user: User, invoice_id: int, kind: DocumentKind) -> tuple[str, InvoiceDocument]:
    """The number of the invoice, and the stored file with its content. Raises NotVisible."""
    rows = visible_invoices(user).where(Invoice.id == invoice_id)
    rows = rows.join(InvoiceDocument, InvoiceDocument.invoice_id == Invoice.id).where(InvoiceDocument.kind == kind)
    columns = (Invoice.number, InvoiceDocument)
    rows = rows.with_only_columns(*columns, maintain_column_froms=True).options(undefer(InvoiceDocument.content))
    found = db.session.execute(rows).one_or_none()
    if found is None:
        raise NotVisible()
    return found[0], found[1]


def visible_payments(user: User | Viewer) -> Select[tuple[Payment]]:
    """Of the billed account; the distributor's staff see all."""
    return select(Payment).where(true() if user.is_staff else Payment.account_id == user.account.id)


def visible_payment(user: User, payment_id: int) -> Payment:
    """With its account, and who recorded and reversed it. Raises NotVisible."""
    people = (joinedload(Payment.account), joinedload(Payment.recorded_by), joinedload(Payment.reversed_by))
    return access.the_one(visible_payments(user).where(Payment.id == payment_id).options(*people))
