"""The stored XML of an issued document, by the published rules, in a child process. For commands."""

from sqlalchemy import select

from portal.core import billing_access
from portal.core.errors import Conflict, NotVisible
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import DocumentKind, Invoice, InvoiceDocument
from portal.models.text_keys import fold
from portal.providers.einvoice import schematron
from portal.providers.einvoice.completeness import Format

FORMATS = {
    DocumentKind.FACTUR_X: Format.FACTUR_X,
    DocumentKind.XRECHNUNG: Format.XRECHNUNG,
    DocumentKind.PEPPOL: Format.PEPPOL,
}


def of_number(number: str) -> Invoice:
    """The issued document, however its number is spelled. For commands. Raises NotVisible."""
    invoice_id = db.session.scalar(select(Invoice.id).where(Invoice.number_key == fold(number.strip())))
    if invoice_id is None:
        raise NotVisible()
    return billing_access.invoice_for_worker(invoice_id)


def documents(invoice: Invoice) -> list[InvoiceDocument]:
    """Without their content."""
    rows = select(InvoiceDocument).where(InvoiceDocument.invoice_id == invoice.id).order_by(InvoiceDocument.id)
    return list(db.session.scalars(rows))


def findings(invoice: Invoice) -> dict[DocumentKind, list[str]]:
    """By stored file what its rules find; empty where they find nothing. Raises Conflict if no XML was made, and
    schematron.RulesMissing."""
    rows = [row for row in documents(invoice) if row.kind in FORMATS]
    if not rows:
        raise Conflict(_("%(number)s has no XML: its currency has more than two decimals.", number=invoice.number))
    found = schematron.findings([(FORMATS[row.kind], row.content) for row in rows])
    return dict(zip([row.kind for row in rows], found, strict=True))
