"""Draft credit notes: who cancels an asset that was invoiced drafts what takes it back. Staff review and issue it
(services/invoicing/credit_notes.py). A draft takes nothing off its invoice yet."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.core import audit, languages
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.i18n import in_language
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import Asset, CreditCause, Invoice, InvoiceKind, InvoiceLine, User
from portal.providers.einvoice.totals import vat_of

COPIED = (
    "order_line_id", "asset_id", "unit_price", "product_code", "product_name", "recipient", "description",
    "delivered_on", "undelivered_reason", "tax_code", "category", "rate",
)  # fmt: skip


def billed_line(asset_id: int) -> InvoiceLine | None:
    """Of an issued invoice, with it, as far as it is not credited. For staff; one statement."""
    rows = select(InvoiceLine).where(InvoiceLine.asset_id == asset_id, *_is_billed()).order_by(InvoiceLine.id)
    return db.session.scalar(rows.options(joinedload(InvoiceLine.invoice)).limit(1))


def count_billed(asset_ids: Select[tuple[int]]) -> int:
    """How many of these assets stand on an issued invoice and are not credited."""
    rows = select(func.count(InvoiceLine.asset_id.distinct())).where(InvoiceLine.asset_id.in_(asset_ids))
    return db.session.scalar(rows.where(*_is_billed())) or 0


def drafts_of(line_ids: Sequence[int]) -> dict[int, int]:
    """The draft on which each of these lines stands, by the id of the line. One statement."""
    rows = select(InvoiceLine.credits_line_id, InvoiceLine.invoice_id)
    rows = rows.where(InvoiceLine.credits_line_id.in_(line_ids), InvoiceLine.is_issued.is_(False))
    return {line_id: draft_id for line_id, draft_id in db.session.execute(rows)}


def _is_billed() -> tuple[ColumnElement[bool], ...]:
    is_left = InvoiceLine.credited < InvoiceLine.quantity
    return InvoiceLine.is_issued, InvoiceLine.credits_line_id.is_(None), is_left


def of_cancelled(asset: Asset, *, by: Actor, at: datetime) -> None:
    """Inside a transaction that holds the payer and the asset: what is left of its line gets on a draft. An invoice has
    one such draft at a time, so many assets that are cancelled together are credited together."""
    _forget_reasons(asset, by, at)
    line = billed_line(asset.id)
    if line is None:
        return
    invoice = lock(Invoice, line.invoice_id)
    db.session.refresh(line, ["credited"])
    if not line.left or drafts_of([line.id]):
        return
    draft = db.session.scalar(_drafts_of(invoice.id).limit(1)) or _new(invoice, line, by, at)
    place = max((each.position for each in draft.lines), default=0) + 1
    draft.lines.append(credit_line(place, line, line.left))
    sum_up(draft)
    draft.version += 1
    db.session.flush()
    said = {"field": "gross", "after": f"{draft.gross} {draft.currency}"}
    audit.record("invoice", draft.id, "draft", by=by, at=at, why=asset.number, **said)


def _forget_reasons(asset: Asset, by: Actor, at: datetime) -> None:
    """On drafts: why it was to be billed although it was not delivered. Of a cancelled asset nobody has said so yet."""
    is_drafted = (InvoiceLine.is_issued.is_(False), InvoiceLine.credits_line_id.is_(None))
    rows = select(InvoiceLine).where(InvoiceLine.asset_id == asset.id, *is_drafted)
    for line in db.session.scalars(rows.where(InvoiceLine.undelivered_reason != "").order_by(InvoiceLine.invoice_id)):
        lock(Invoice, line.invoice_id).version += 1
        said = {"field": f"not delivered, line {line.position}", "before": line.undelivered_reason}
        audit.record("invoice", line.invoice_id, "edit", by=by, at=at, **said)
        line.undelivered_reason = ""


def let_go(credit_note: Invoice, *, by: Actor, at: datetime) -> None:
    """Inside a transaction that holds the invoice: this credit note takes some of it back. What is left stays on the
    draft; a draft of nothing is gone."""
    for draft in db.session.scalars(_drafts_of(credit_note.corrects_id).where(Invoice.id != (credit_note.id or 0))):
        if any(line.quantity > line.credits_line.left for line in draft.lines):
            _keep_what_is_left(draft, by, at)


def credit_line(place: int, line: InvoiceLine, quantity: int) -> InvoiceLine:
    """What takes back so many licences of an invoice's line."""
    values = {name: getattr(line, name) for name in COPIED}
    return InvoiceLine(position=place, credits_line_id=line.id, quantity=quantity, **values)


def copied(invoice: Invoice) -> dict[str, object]:
    """What a credit note takes over from its invoice."""
    names = "billed_account_id", "order_id", "buyer_name", "language", "currency", "po_number"
    values = {name: getattr(invoice, name) for name in (*names, "period_from", "period_until")}
    return values | {"kind": InvoiceKind.CREDIT_NOTE, "corrects_id": invoice.id}


def sum_up(draft: Invoice) -> None:
    """By the categories and rates of the invoice. The credit note itself may differ by a minor unit, as it adds up with
    those before it."""
    nets: dict[int, int] = {}
    for line in draft.lines:
        nets[line.rate or 0] = nets.get(line.rate or 0, 0) + line.net
    draft.net, draft.vat = sum(nets.values()), sum(vat_of(net, Decimal(rate) / 100) for rate, net in nets.items())
    draft.gross = draft.net + draft.vat
    draft.lines_count, draft.licences = len(draft.lines), sum(line.quantity for line in draft.lines)


def _new(invoice: Invoice, line: InvoiceLine, by: Actor, at: datetime) -> Invoice:
    with in_language(languages.best(invoice.language)):
        reason = _("The licences were cancelled.")
    draft = Invoice(
        key=str(uuid.uuid5(uuid.NAMESPACE_OID, f"cancelled line {line.id}")),
        cause=CreditCause.CANCELLED,
        reason=reason,
        made_by_id=by.id if isinstance(by, User) else None,
        made_at=at,
        version=0,
        lines=[],
        **copied(invoice),
    )
    db.session.add(draft)
    return draft


def _drafts_of(invoice_id: int) -> Select[tuple[Invoice]]:
    """As the database has them now."""
    rows = select(Invoice).where(Invoice.corrects_id == invoice_id, Invoice.number.is_(None)).order_by(Invoice.id)
    lines = selectinload(Invoice.lines).joinedload(InvoiceLine.credits_line)
    return rows.options(lines).execution_options(populate_existing=True)


def _keep_what_is_left(draft: Invoice, by: Actor, at: datetime) -> None:
    before = f"{draft.gross} {draft.currency}"
    for line in list(draft.lines):
        if not line.credits_line.left:
            draft.lines.remove(line)
        line.quantity = min(line.quantity, line.credits_line.left) or line.quantity
    if not draft.lines:
        audit.record("invoice", draft.id, "discard", by=by, at=at, before=before)
        db.session.delete(draft)
        return
    db.session.flush()
    draft.number_lines()
    sum_up(draft)
    draft.version += 1
    after = f"{draft.gross} {draft.currency}"
    audit.record("invoice", draft.id, "edit", by=by, at=at, field="gross", before=before, after=after)
