"""Issued invoices and credit notes without lines, for tests of what is paid of them."""

import uuid
from datetime import date, timedelta

from sqlalchemy import func, select

from portal.core import clock
from portal.extensions import db
from portal.models import Account, CreditCause, Invoice, InvoiceKind, Payment
from tests.saved import now, saved


def invoice(world, account: Account | None = None, gross: int = 10_000, **columns) -> Invoice:
    """Of the partner, issued today and due in 14 days, unless told otherwise. `number=None`: a draft."""
    account = account or world.partner
    with world.transaction():
        return _saved(account, InvoiceKind.INVOICE, gross, **columns)


def credit_note(world, corrected: Invoice, gross: int = 1_000, **columns) -> Invoice:
    """Nothing of it is set off."""
    given = {"currency": corrected.currency, "corrects_id": corrected.id, "cause": CreditCause.PRICE} | columns
    with world.transaction():
        return _saved(db.session.get(Account, corrected.billed_account_id), InvoiceKind.CREDIT_NOTE, gross, **given)


def payment(world, account: Account | None = None, amount: int = 10_000, **columns) -> Payment:
    """Of the partner, by hand, today, and not assigned, unless told otherwise."""
    account = account or world.partner
    with world.transaction():
        given = {"currency": account.currency or "EUR", "paid_on": clock.today(), "recorded_by_id": world.dana.id}
        key = str(uuid.uuid4())
        return saved(Payment(key=key, account_id=account.id, amount=amount, recorded_at=now(), **(given | columns)))


def payer(world, account: Account) -> Account:
    """Who is billed for what it buys; the partner for the distributor, too."""
    if account.pays_itself and not account.is_distributor:
        return account
    return world.rival if account.branch_id == world.rival.id else world.partner


def for_status(world, account: Account, status: str) -> Invoice:
    """An open invoice, or with `credit` a credit note of which nothing is set off."""
    row = invoice(world, account)
    return credit_note(world, row) if status == "credit" else row


def _saved(account: Account, kind: InvoiceKind, gross: int, **columns) -> Invoice:
    place = (db.session.scalar(select(func.max(Invoice.id))) or 0) + 1
    prefix = "INV" if kind is InvoiceKind.INVOICE else "CN"
    given = {"number": f"{prefix}-2026-{place:06}", "currency": account.currency or "EUR"} | columns
    issued_on: date | None = given.pop("issued_on", clock.today()) if given["number"] else None
    given.setdefault("due_on", issued_on and issued_on + timedelta(days=14))
    return saved(
        Invoice(
            key=f"bill-{place}", kind=kind, billed_account_id=account.id, buyer_name=account.name, language="en",
            issued_on=issued_on, net=gross, vat=0, gross=gross, made_at=now(), **given,
        )
    )  # fmt: skip
