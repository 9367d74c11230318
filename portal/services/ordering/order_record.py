"""What is written about an order: the colleagues' note, and what happened, from the audit log."""

from sqlalchemy import select

from portal.core import audit, field_rules
from portal.core.errors import NotAllowed, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import AuditEntry, Order, Right, User
from portal.services.ordering.drafts import LONGEST_NOTE

MOST = 50


def annotate(order: Order, note: str, *, version: int, by: User) -> bool:
    """By staff, in any state; returns whether the note was changed. Raises NotAllowed, StaleVersion."""
    note = field_rules.long_text(note, "staff_note", LONGEST_NOTE)
    if not (by.is_staff and by.may(Right.ORDER)):
        raise NotAllowed()
    with transaction():
        row = lock(Order, order.id)
        if row.version != version:
            raise StaleVersion(_("The order was changed in the meantime. Nothing was saved."))
        is_changed = bool(audit.changes("order", row, {"staff_note": note}, act="edit", by=by))
        row.version += is_changed
    return is_changed


def history(order: Order) -> list[AuditEntry]:
    """The newest first. One statement."""
    rows = select(AuditEntry).where(AuditEntry.subject == "order", AuditEntry.subject_id == order.id)
    return list(db.session.scalars(rows.order_by(AuditEntry.id.desc()).limit(MOST)))
