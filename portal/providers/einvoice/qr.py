"""The EPC QR code of a SEPA transfer, which a bank's app reads."""

from io import BytesIO

from portal.providers.einvoice.document import Document, Kind
from portal.providers.einvoice.terms import account_number, is_iban
from portal.providers.einvoice.totals import major_units, totals

LONGEST_NAME = 70
CURRENCY = "EUR"


def epc_qr(document: Document) -> str | None:
    """As SVG. None where there is nothing to transfer by SEPA: a credit note, another currency, no IBAN, no amount."""
    from segno.helpers import make_epc_qr

    account = account_number(document)
    if document.kind is Kind.CREDIT_NOTE or document.currency != CURRENCY or not is_iban(account):
        return None
    try:
        code = make_epc_qr(
            name=document.seller.name[:LONGEST_NAME],
            iban=account,
            amount=major_units(totals(document.lines).gross, CURRENCY),
            text=document.number,
            bic="".join(document.bank.bic.split()).upper() or None,
        )
    except ValueError:  # the amount is zero, or more than a transfer can be
        return None
    picture = BytesIO()
    code.save(picture, kind="svg", border=0, xmldecl=False)
    return picture.getvalue().decode()
