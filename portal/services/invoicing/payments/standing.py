"""What is allocated of a payment, a credit note or an invoice, as a person saw it, and who has changed it since."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, or_, select

from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.extensions import db, settings
from portal.models import Allocation, Invoice, Payment, User
from portal.services.invoicing.payments.sources import Source, written


@dataclass(frozen=True)
class Standing:
    version: int
    """Moves with each allocation; rows of them are never deleted. A person’s form carries the one that it showed."""
    of_it: ColumnElement[bool]
    """The allocations."""

    def check(self, seen: int | None) -> None:
        """`seen=None`: of who saw none. Raises StaleVersion."""
        if seen is not None and seen != self.version:
            raise self.moved()

    def moved(self) -> StaleVersion:
        """Says what was done last, by whom and when."""
        sentence = _("Somebody recorded, assigned or took back money here in the meantime.")
        return StaleVersion(f"{_last(self.of_it) or sentence} {_('Nothing was done now. Look at it again.')}")


NOTHING = Standing(1, false())
"""Of what does not exist yet."""


def of(source: Source) -> Standing:
    if source.payment_id is None:
        return of_invoice(source.credit_note_id or 0)
    return _standing(or_(Allocation.payment_id == source.payment_id, Allocation.refund_id == source.payment_id))


def of_invoice(invoice_id: int) -> Standing:
    """Of an invoice or a credit note."""
    return _standing(or_(Allocation.invoice_id == invoice_id, Allocation.credit_note_id == invoice_id))


def _standing(of_it: ColumnElement[bool]) -> Standing:
    count = db.session.scalar(select(func.count()).select_from(Allocation).where(of_it)) or 0
    return Standing(1 + count, of_it)


def _last(of_it: ColumnElement[bool]) -> str:
    currency = func.coalesce(Invoice.currency, Payment.currency)
    rows = select(Allocation.amount, Allocation.made_at, Invoice.number, currency.label("currency"), User.name)
    rows = rows.outerjoin(Invoice, Invoice.id == Allocation.invoice_id)
    rows = rows.outerjoin(Payment, Payment.id == Allocation.refund_id)
    rows = rows.outerjoin(User, User.id == Allocation.made_by_id).where(of_it).order_by(Allocation.id.desc())
    row = db.session.execute(rows.limit(1)).one_or_none()
    if row is None:
        return ""
    values = {
        "name": row.name or _("The portal"), "amount": written(abs(row.amount), row.currency), "number": row.number,
        "time": f"{row.made_at.astimezone(settings().time_zone):%H:%M}",
    }  # fmt: skip
    if row.number is None:
        back = _("%(name)s recorded a refund of %(amount)s at %(time)s.", **values)
        return back if row.amount > 0 else _("%(name)s reversed a refund of %(amount)s at %(time)s.", **values)
    if row.amount < 0:
        return _("%(name)s took %(amount)s back from %(number)s at %(time)s.", **values)
    return _("%(name)s assigned %(amount)s to %(number)s at %(time)s.", **values)
