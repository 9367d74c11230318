"""Who gets a mail, what its fields mean, and what the audit log says about its text."""

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, locale_now
from portal.display.wording.history_text import Change
from portal.models import AuditEntry
from portal.services.mail import events
from portal.services.mail.events import Event

READERS = {
    events.WELCOME.name: lazy("Who ordered"),
    events.WELCOME_LINK.name: lazy("Who ordered, with MAIL_CODES=link"),
    events.FAILED.name: lazy("Staff"),
    events.DELAYED.name: lazy("Who ordered"),
    events.AWAITING_APPROVAL.name: lazy("Who may approve"),
    events.APPROVED.name: lazy("Who ordered"),
    events.REJECTED.name: lazy("Who ordered"),
    events.INVOICE.name: lazy("Who pays"),
    events.CREDIT_NOTE.name: lazy("Who pays"),
    events.INVITATION.name: lazy("Who is invited"),
    events.PASSWORD_RESET.name: lazy("Who asked, or was given a link"),
    events.PASSWORD_CHANGED.name: lazy("Whose password it is"),
    events.NEW_DEVICE.name: lazy("Who signed in"),
    events.REQUEST_ASKED.name: lazy("Staff"),
    events.REQUEST_ANSWERED.name: lazy("Who asked"),
    events.REQUEST_CLOSED.name: lazy("Who asked"),
    events.REQUEST_DELIVERED.name: lazy("Who asked"),
    events.REMINDER.name: lazy("Account and partner"),
    events.REMINDERS.name: lazy("Account and partner"),
    events.ENDING.name: lazy("Account and partner"),
    events.ENDINGS.name: lazy("Account and partner"),
    events.DIGEST.name: lazy("Staff"),
}
_MEANINGS = {
    "account": lazy("Whose licences they are"),
    "alerts": lazy("How many are new"),
    "answer": lazy("What the staff wrote"),
    "asked": lazy("How many assets people asked about"),
    "asset": lazy("Name of the asset"),
    "assets": lazy("A line for each asset, with its link. In a paragraph of its own"),
    "buyer": lazy("Whose order or invoice it is"),
    "code": lazy("The coupon code. Once, and alone"),
    "codes": lazy("How many codes, with the word"),
    "day": lazy("The day it is about"),
    "days": lazy("How long the link works"),
    "device": lazy("Browser and system"),
    "due_on": lazy("When it must be paid"),
    "email": lazy("Address of the reader"),
    "expiring": lazy("How many codes end soon"),
    "failed": lazy("How many assets failed"),
    "home": lazy("Account of who asks"),
    "in_days": lazy("How far the day is"),
    "licences": lazy("How many, in all lines"),
    "link": lazy("The page in the portal. Alone in its line, a button"),
    "name": lazy("Name of the reader"),
    "number": lazy("Number of the asset"),
    "one_time_link": lazy("The link, new for each mail. Once, and alone"),
    "order": lazy("Number of the order"),
    "orders": lazy("How many orders wait"),
    "person": lazy("Name of who asked or ordered"),
    "portal": lazy("Address of the portal"),
    "product": lazy("Name of the product"),
    "purchases": lazy("How many purchases, with the word"),
    "quantity": lazy("How many licences"),
    "reason": lazy("Why it was rejected or closed"),
    "redeem_by": lazy("The last day for the code"),
    "review": lazy("How many assets need review"),
    "seller": lazy("Your account’s name"),
    "surplus": lazy("How many coupons are left over"),
    "time": lazy("When it happened"),
    "total": lazy("Amount with VAT"),
    "validity_days": lazy("How long licences can be used"),
    "why": lazy("Why this reader is told"),
    "words": lazy("What the person wrote"),
}
_OF_INVOICES = lazy("Number of the invoice or credit note")
_OF_PEOPLE = lazy("Account of the reader")
_SIGNING_IN = (events.INVITATION, events.PASSWORD_CHANGED, events.NEW_DEVICE)


def written(field: str) -> str:
    """As it stands in a text."""
    return f"{{{{ {field} }}}}"


def meaning(event: Event, field: str) -> str:
    if field == "number" and event in (events.INVOICE, events.CREDIT_NOTE):
        return str(_OF_INVOICES)
    if field == "account" and event in _SIGNING_IN:
        return str(_OF_PEOPLE)
    return str(_MEANINGS[field])


def change_words(entry: AuditEntry) -> Change:
    """Of the audit log. An event that is not known any more keeps its name."""
    name, _space, language = entry.field.partition(" ")
    title = events.EVENTS[name].title if name in events.EVENTS else name
    what = _("%(title)s, %(language)s", title=title, language=locale_now().languages.get(language, language))
    return Change(what, entry.before, entry.after, entry.why)
