"""Issued invoices and credit notes as bare rows, for tests that only count."""

from collections.abc import Sequence
from datetime import date
from itertools import count

from sqlalchemy import func, select

from portal.core import clock
from portal.extensions import db
from portal.models import Account, Asset, CreditCause, Invoice, InvoiceKind, InvoiceLine, OrderLine

_numbers = count(1)


def bill(world, assets: Sequence[Asset], issued_on: date) -> Invoice:
    """Of one billed account and currency."""
    with world.transaction():
        invoice = _draft(world, InvoiceKind.INVOICE, assets[0].billed_account_id, assets[0].currency)
        for position, asset in enumerate(assets, start=1):
            line = db.session.scalar(select(OrderLine).where(OrderLine.asset_id == asset.id))
            db.session.add(_line(invoice, position, line, asset.quantity, asset.unit_price))
        return _issue(invoice, issued_on)


def credit(world, invoice: Invoice, quantities: dict[int, int], issued_on: date) -> Invoice:
    """`quantities`: licences by the invoice line's id."""
    with world.transaction():
        note = _draft(
            world, InvoiceKind.CREDIT_NOTE, invoice.billed_account_id, invoice.currency,
            corrects_id=invoice.id, cause=CreditCause.PRICE, reason="Wrong price",
        )  # fmt: skip
        for position, (line_id, licences) in enumerate(quantities.items(), start=1):
            billed = db.session.get(InvoiceLine, line_id)
            billed.credited += licences
            line = db.session.get(OrderLine, billed.order_line_id)
            db.session.add(_line(note, position, line, licences, billed.unit_price, credits_line_id=line_id))
        return _issue(note, issued_on)


def lines_of(world, invoice: Invoice) -> list[InvoiceLine]:
    query = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.position)
    return world._reading(lambda: list(db.session.scalars(query)))


def _draft(world, kind: InvoiceKind, account_id: int, currency: str, **columns) -> Invoice:
    number, account = next(_numbers), db.session.get(Account, account_id)
    invoice = Invoice(
        key=f"figures-{number}", kind=kind, billed_account_id=account_id, buyer_name=account.name, language="en",
        currency=currency, made_at=clock.now(), made_by_id=world.dana.id, issued_at=clock.now(), **columns,
    )  # fmt: skip
    db.session.add(invoice)
    db.session.flush()
    return invoice


def _issue(invoice: Invoice, issued_on: date) -> Invoice:
    """The number comes last, as at each issue: nothing is added to what has one."""
    db.session.flush()
    amount = select(func.sum(InvoiceLine.unit_price * InvoiceLine.quantity))
    invoice.net = invoice.gross = int(db.session.scalar(amount.where(InvoiceLine.invoice_id == invoice.id)))
    invoice.number, invoice.issued_on, invoice.due_on = f"{invoice.kind.value}-{invoice.id}", issued_on, issued_on
    db.session.flush()
    return invoice


def _line(invoice: Invoice, position: int, line: OrderLine, licences: int, price: int, **columns) -> InvoiceLine:
    return InvoiceLine(
        invoice_id=invoice.id, position=position, order_line_id=line.id, asset_id=line.asset_id, quantity=licences,
        unit_price=price, product_code=line.product_code or "", product_name=line.name, is_issued=True, **columns,
    )  # fmt: skip
