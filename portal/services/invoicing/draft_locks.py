"""Who changes or issues a draft holds it, and has seen it as it is."""

from sqlalchemy import Integer, bindparam, select

from portal.core import billing_access
from portal.core.errors import Conflict, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Invoice

_HELD = (
    select(Invoice.number, Invoice.version)
    .where(Invoice.id == bindparam("invoice_id", type_=Integer))
    .with_for_update()
)


def lock_draft(invoice: Invoice, version: int) -> Invoice:
    """Inside a transaction: the current draft with its lines. Raises NotVisible, Conflict, StaleVersion."""
    hold_draft(invoice.id, version)
    return billing_access.invoice_for_worker(invoice.id)


def hold_draft(invoice_id: int, version: int) -> None:
    """Inside a transaction: locks the draft. Who read it with this version need not read it again. Raises NotVisible,
    Conflict, StaleVersion."""
    found = db.session.connection().execute(_HELD, {"invoice_id": invoice_id}).one_or_none()
    if found is None:
        raise NotVisible()
    check_draft(found.number, found.version, version)


def check_draft(number: str | None, version: int, seen: int) -> None:
    """Raises Conflict, StaleVersion."""
    if number is not None:
        raise Conflict(_("It was issued as %(number)s a moment before.", number=number))
    if version != seen:
        raise StaleVersion(_("Somebody else changed this draft in the meantime. Look at it, then press again."))
