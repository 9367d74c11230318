"""How an invoice is paid: what it says of the seller's bank account, and the code that a bank's app reads."""

import json
from dataclasses import dataclass

from portal.core.money import major_units
from portal.models import Invoice
from portal.providers.einvoice import qr


@dataclass(frozen=True)
class Transfer:
    """As the issued invoice says it."""

    payee: str
    account: str
    """An IBAN, in groups of four, or another account number."""
    bic: str
    bank: str
    reference: str
    contact: str
    """The seller's e-mail address for questions."""
    code: str | None
    """The EPC QR code of what is open, as SVG."""


def of(invoice: Invoice) -> Transfer | None:
    """None of a draft. The account number is empty if the invoice names none."""
    if not invoice.content:
        return None
    said = json.loads(invoice.content)
    bank, seller = said["bank"] or {"account": "", "bic": "", "name": ""}, said["seller"]
    account = "".join(bank["account"].split()).upper()
    return Transfer(
        seller["name"], _grouped(account), bank["bic"], bank["name"], invoice.number or "", seller["contact"]["email"],
        code=_code(invoice, seller["name"], account, bank["bic"]),
    )  # fmt: skip


def _code(invoice: Invoice, payee: str, account: str, bic: str) -> str | None:
    if invoice.is_credit_note or invoice.currency != qr.CURRENCY or not invoice.open:
        return None
    amount = major_units(invoice.open, invoice.currency)
    return qr.transfer_qr(payee, account, bic, amount=amount, reference=invoice.number, for_screen=True)


def _grouped(account: str) -> str:
    return " ".join(account[place : place + 4] for place in range(0, len(account), 4))
