"""What happened to an order, in words. For staff."""

from typing import NamedTuple

from flask import Flask

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.orders.order_states import HOLDS
from portal.models import AuditEntry, Hold


class EventWords(NamedTuple):
    tone: str
    """The colour of its mark: positive, negative, waiting, or nothing."""
    icon: str
    what: str
    more: str
    """Words of a person, or why it waits."""


_WORDS = {
    "submitted": ("", "orders", lazy("Submitted")),
    "held": ("waiting", "hand", lazy("Waits")),
    "approved": ("positive", "tick", lazy("Approved by the partner")),
    "rejected": ("negative", "close", lazy("Rejected")),
    "cancelled": ("", "off", lazy("Cancelled")),
    "over the limit": ("waiting", "warning", lazy("Over the credit limit, permitted")),
    "executed": ("positive", "tick", lazy("Executed")),
    "invoice timing": ("", "invoices", lazy("When to invoice it was changed")),
    "edit": ("", "edit", lazy("Note for colleagues changed")),
}


def install(app: Flask) -> None:
    app.jinja_env.globals.update(order_event=order_event)


def order_event(entry: AuditEntry) -> EventWords:
    tone, icon, what = _WORDS.get(entry.act, ("", "info", entry.act))
    holds = {hold.value: str(words) for hold, words in HOLDS.items()}
    more = holds.get(entry.after or "", "") if entry.act == "held" else entry.why or ""
    if entry.act == "held" and entry.after == Hold.START_DATE.value:
        return EventWords("waiting", "synchronizing", _("Waits for its start date"), "")
    return EventWords(tone, icon, str(what), more)
