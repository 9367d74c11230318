"""What of an invoice is settled: changed here and nowhere else, by compare-and-set."""

from datetime import datetime

from sqlalchemy import case, literal, null, select, update

from portal.extensions import db
from portal.models import Invoice
from portal.models.types import UTCDateTime
from portal.services import credit


def settle(invoice_id: int, amount: int, now: datetime) -> bool:
    """Inside a transaction. A negative amount takes back. Returns False, and changes nothing, if less is open, or less
    is settled, than that; also for a draft. Of a credit note: what of it is set off or refunded."""
    settled = Invoice.settled + amount
    paid_at = case((settled == Invoice.gross, literal(now, UTCDateTime)), else_=null())
    fits = (Invoice.id == invoice_id, Invoice.number.is_not(None), settled.between(0, Invoice.gross))
    row = update(Invoice).where(*fits).values(settled=settled, paid_at=paid_at)
    return db.session.execute(row.execution_options(synchronize_session=False)).rowcount == 1


def settle_invoice(invoice_id: int, amount: int, now: datetime) -> bool:
    """As `settle`, by money or a credit, before it is on record as an allocation; inside a transaction that holds the
    payer. Once nothing is open, what is left of the invoice uses up no credit of its orders any more. If it is taken
    back later, that credit stays free, and is not given a second time."""
    was_paid = credit.first_paid_at(invoice_id) is not None
    if not settle(invoice_id, amount, now):
        return False
    if not was_paid and db.session.scalar(select(Invoice.paid_at).where(Invoice.id == invoice_id)) is not None:
        credit.release_for_invoice(invoice_id)
    return True
