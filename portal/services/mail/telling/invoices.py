"""An invoice or a credit note was issued."""

from portal.extensions import db, settings
from portal.models import Account, Invoice, InvoiceDelivery, InvoiceKind
from portal.services.mail import events, outbox
from portal.services.mail.outbox import About, Recipient


def issued(invoice: Invoice) -> None:
    """Inside a transaction. To the billing address, or else the contact, of an account that wants invoices by mail."""
    payer = db.session.get(Account, invoice.billed_account_id)
    address = payer.billing_email or payer.contact_email
    if not address or payer.invoice_delivery is not InvoiceDelivery.MAIL:
        return
    total = outbox.Amount(invoice.gross, invoice.currency)
    values = {
        "number": invoice.number, "buyer": invoice.buyer_name, "total": total, "due_on": invoice.due_on,
        "link": f"{settings().mail.portal_url}/storefront/billing/invoices/{invoice.id}",
    }  # fmt: skip
    event = events.INVOICE if invoice.kind is InvoiceKind.INVOICE else events.CREDIT_NOTE
    about = About(f"invoice-{invoice.id}", payer.id, invoice=invoice)
    outbox.write(event, about, Recipient(address, payer.name, invoice.language), values, invoice.issued_at)
