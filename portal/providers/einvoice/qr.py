"""The EPC QR code of a SEPA transfer, which a bank's app reads."""

from decimal import Decimal
from io import BytesIO

from portal.providers.einvoice.document import Document, Kind
from portal.providers.einvoice.terms import is_iban
from portal.providers.einvoice.totals import major_units, totals

LONGEST_NAME, LONGEST_REFERENCE = 70, 140
MOST = Decimal("999999999.99")
CURRENCY = "EUR"
MASK = 3
"""One of the eight patterns that a code may have, which all readers know. Trying all of them for the one that is read
best takes four times as long, half of a whole PDF; this one is the best most often."""


def epc_qr(document: Document) -> str | None:
    """As SVG. None where there is nothing to transfer by SEPA: a credit note, another currency, no IBAN, no amount."""
    if document.kind is Kind.CREDIT_NOTE or document.currency != CURRENCY or document.bank is None:
        return None
    amount = major_units(totals(document).gross, CURRENCY)
    bank = document.bank
    return transfer_qr(document.seller.name, bank.account, bank.bic, amount=amount, reference=document.number)


def transfer_qr(
    payee: str, account: str, bic: str, *, amount: Decimal | str, reference: str, for_screen: bool = False
) -> str | None:
    """`amount` in euros, which may be less than the whole invoice. None without an IBAN or an amount. `for_screen`: its
    size is that of its place."""
    import segno

    account, bic, amount = _folded(account), _folded(bic), Decimal(amount)
    if not is_iban(account) or len(bic) not in (0, 8, 11) or not 0 < amount <= MOST:
        return None
    lines = ("BCD", "002", "1", "SCT", bic, payee[:LONGEST_NAME], account, f"{CURRENCY}{amount:.2f}", "", "")
    said = "\n".join((*lines, reference[:LONGEST_REFERENCE])).encode()
    code = segno.make_qr(said, error="m", boost_error=False, mask=MASK)
    picture = BytesIO()
    code.save(picture, kind="svg", border=0, xmldecl=False, omitsize=for_screen)
    return picture.getvalue().decode()


def _folded(text: str) -> str:
    return "".join(text.split()).upper()
