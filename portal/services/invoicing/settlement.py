"""How much of an invoice or a credit note is settled. Only this module changes it, by compare-and-set."""

from datetime import datetime

from sqlalchemy import case, update

from portal.extensions import db
from portal.models import Invoice


def settle(invoice_id: int, amount: int, now: datetime) -> bool:
    """Inside a transaction. A negative amount takes back. Returns False, and changes nothing, if that much is not open
    any more, or was not settled."""
    after = Invoice.settled + amount
    row = update(Invoice).where(
        Invoice.id == invoice_id, Invoice.number.is_not(None), after >= 0, after <= Invoice.gross
    )
    values = {"settled": after, "paid_at": case((after == Invoice.gross, now), else_=None)}
    changed = db.session.execute(row.values(values), execution_options={"synchronize_session": False})
    return bool(changed.rowcount)
