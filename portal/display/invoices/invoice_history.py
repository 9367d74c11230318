"""What happened to an invoice, in words. For staff."""

from typing import NamedTuple

from flask import Flask

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import AuditEntry
from portal.web.filters import money


class EventWords(NamedTuple):
    tone: str
    """The colour of its mark: positive, negative, waiting, or nothing."""
    icon: str
    what: str
    more: str


_WORDS = {
    "draft": ("", "draft", lazy("Draft made")),
    "leave out": ("", "remove", lazy("A line was left out")),
    "edit": ("", "edit", lazy("Draft changed")),
    "price": ("", "edit", lazy("Price corrected")),
    "issue": ("positive", "issued", lazy("Issued")),
    "credit": ("", "credit", lazy("Credited")),
    "pdf": ("positive", "file", lazy("PDF stored")),
    "payment": ("positive", "payment", lazy("Payment assigned")),
    "allocate": ("positive", "payment", lazy("Payment assigned")),
    "assign": ("positive", "credit", lazy("Credit set off")),
    "refund": ("", "payment", lazy("Paid back")),
    "refund reversed": ("negative", "payment", lazy("Refund taken back")),
    "reverse": ("negative", "payment", lazy("Payment taken back")),
    "take back": ("negative", "payment", lazy("Payment taken back")),
}


def install(app: Flask) -> None:
    app.jinja_env.globals.update(invoice_event=invoice_event)


def invoice_event(entry: AuditEntry) -> EventWords:
    tone, icon, what = _WORDS.get(entry.act, ("", "info", entry.act))
    more = [*_values(entry), *([entry.why] if entry.why and entry.act != "pdf" else [])]
    if entry.act == "pdf" and entry.why:
        more.append(_("Printed without %(characters)s, which no font has.", characters=entry.why))
    return EventWords(tone, icon, str(what), " ".join(more))


def _values(entry: AuditEntry) -> list[str]:
    """What it was about: a number, an asset, an amount."""
    if entry.act == "pdf":
        return []
    if entry.act in ("edit", "price"):
        before, after = (amount_text(text) if text else "–" for text in (entry.before, entry.after))
        return [f"{entry.field}: {before} → {after}."]
    text = entry.after or entry.before
    return [f"{amount_text(text)}."] if text else []


def amount_text(text: str) -> str:
    """12345 EUR as money; anything else as it is."""
    value, _space, currency = text.partition(" ")
    is_amount = value.lstrip("-").isdigit() and len(currency) == 3 and currency.isupper()
    return money(int(value), currency) if is_amount else text
