"""The EPC QR code of a SEPA transfer, which a bank's app reads."""

from decimal import Decimal
from io import BytesIO

from portal.providers.einvoice.document import Document, Kind
from portal.providers.einvoice.terms import is_iban
from portal.providers.einvoice.totals import major_units, totals

LONGEST_NAME = 70
CURRENCY = "EUR"


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
    from segno.helpers import make_epc_qr

    account = "".join(account.split()).upper()
    if not is_iban(account):
        return None
    try:
        code = make_epc_qr(
            name=payee[:LONGEST_NAME],
            iban=account,
            amount=amount,
            text=reference,
            bic="".join(bic.split()).upper() or None,
        )
    except ValueError:  # the amount is zero, or more than a transfer can be
        return None
    picture = BytesIO()
    code.save(picture, kind="svg", border=0, xmldecl=False, omitsize=for_screen)
    return picture.getvalue().decode()
