"""What the state of an invoice is called. Quiet while it is well, coloured when somebody has to act."""

from datetime import date
from typing import NamedTuple, Protocol

from flask import Flask
from markupsafe import Markup

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.layout import icon
from portal.models import InvoiceKind
from portal.services.invoicing.invoice_list import Listed

LISTED = {
    Listed.DRAFT: lazy("Draft"),
    Listed.OPEN: lazy("Open"),
    Listed.OVERDUE: lazy("Overdue"),
    Listed.PAID: lazy("Paid"),
    Listed.CREDIT_NOTE: lazy("Credit notes"),
    Listed.INVOICE: lazy("Without credit notes"),
}
_BADGE = Markup('<span class="badge badge--{}{}">{}{}</span>')


class Shown(Protocol):
    """A row of a list, or an invoice."""

    kind: InvoiceKind
    number: str | None
    due_on: date | None
    gross: int
    settled: int
    paid_at: object


class Face(NamedTuple):
    kind: str
    """The class of the badge."""
    icon: str
    text: str


def install(app: Flask) -> None:
    app.jinja_env.globals.update(invoice_badge=badge)


def badge(row: Shown, credited: int, *, for_buyer: bool = False, is_solid: bool = False) -> Markup:
    """`credited`: how much of what is settled credit notes took off."""
    return written(face(row, credited, clock.today(), for_buyer=for_buyer), is_solid=is_solid)


def written(shown: Face, *, is_solid: bool = False) -> Markup:
    return _BADGE.format(shown.kind, " badge--solid" if is_solid else "", icon(shown.icon), shown.text)


def face(row: Shown, credited: int, today: date, *, for_buyer: bool = False) -> Face:
    if row.number is None:
        is_credit_note = row.kind is InvoiceKind.CREDIT_NOTE
        return Face("draft", "draft", _("Draft credit note") if is_credit_note else _("Draft"))
    if row.kind is InvoiceKind.CREDIT_NOTE:
        return Face("credited", "credit", _("Credit note"))
    if row.paid_at is not None:
        if row.gross and credited >= row.gross:
            return Face("credited", "credit", _("Credited in full"))
        return Face("paid", "synchronized", _("Paid"))
    days = (today - row.due_on).days
    if days > 0:
        return Face("overdue", "expiring", ngettext("Overdue, %(num)s day", "Overdue, %(num)s days", days))
    if row.settled:
        return Face("part", "part", _("Partly credited") if credited >= row.settled else _("Partly paid"))
    return Face("open", "issued", _due(-days) if for_buyer else _("Issued"))


def _due(days: int) -> str:
    return ngettext("Due in %(num)s day", "Due in %(num)s days", days) if days else _("Due today")
