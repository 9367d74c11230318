"""Words for payments, and for their history."""

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording.history_text import Change
from portal.models import AuditEntry, Payment, PaymentKind, PaymentSource
from portal.services.invoicing.payments.payment_list import Show

SHOWS = {
    Show.UNASSIGNED: lazy("Not assigned"),
    Show.REFUNDS: lazy("Refunds"),
    Show.REVERSED: lazy("Reversed"),
}
_ACTS = {
    "record": lazy("Recorded"),
    "assign": lazy("Assigned to an invoice"),
    "refund": lazy("Refunded"),
    "refund reversed": lazy("A refund was reversed"),
    "reverse": lazy("Reversed"),
    "take back": lazy("Taken back from an invoice"),
}


def kind_words(payment: Payment) -> str:
    return _("Refund") if payment.kind is PaymentKind.REFUND else _("Payment")


def source_words(payment: Payment) -> str:
    if payment.source is PaymentSource.HAND:
        return _("By hand")
    if payment.source_line is None:
        return _("Bank list")
    return _("Bank list, line %(line)s", line=payment.source_line)


def change_words(entry: AuditEntry) -> Change:
    return Change(str(_ACTS.get(entry.act, entry.act)), None, entry.after or "", entry.why)
