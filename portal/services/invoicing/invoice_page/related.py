"""On which invoices the lines of an order stand."""

from portal.models import Invoice, OrderLine, User


def invoices_of(line: OrderLine, viewer: User) -> list[Invoice]:
    """As far as this viewer sees them, the oldest first. The order comes with its invoices (core/loaded_orders.py)."""
    seen = [billed.invoice for billed in line.invoice_lines if _sees(viewer, billed.invoice)]
    return sorted(seen, key=lambda invoice: invoice.id)


def _sees(viewer: User, invoice: Invoice) -> bool:
    """The rule of billing_access.visible_invoices for a row that is loaded."""
    return viewer.is_staff or (not invoice.is_draft and invoice.billed_account_id == viewer.account_id)
