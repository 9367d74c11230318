"""Texts for the changes of an account."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from portal.core.i18n import lazy
from portal.display.wording.account_wording import (
    DELIVERIES,
    KINDS,
    RHYTHMS,
    country_name,
    currency_name,
    language_name,
)
from portal.display.wording.history_text import Change
from portal.models import Account, AccountKind, AuditEntry, InvoiceDelivery, InvoiceRhythm
from portal.services.accounts import account_history
from portal.services.reminders import choices
from portal.web.filters import day, money

_SAME_EDIT = 3
"""A change of the currency is recorded at most two entries before the credit limit that was changed along with it."""
_ACTS = {
    "created": lazy("Created"),
    "moved": lazy("Moved to another account"),
    "merged": lazy("Merged into another account"),
    "took over": lazy("Another account was merged into it"),
    "price list": lazy("Price list"),
    choices.ADDED: lazy("Address added that is told, too"),
    choices.REMOVED: lazy("Address removed that was told, too"),
    "leaving pack": lazy("Leaving pack ordered"),
    "leaving pack made": lazy("Leaving pack made"),
    "leaving pack sent": lazy("Leaving pack downloaded"),
    "leaving pack deleted": lazy("Leaving pack deleted"),
    "disabled": lazy("Disabled"),
    "enabled": lazy("Enabled again"),
    "synchronized": lazy("Synchronized with BitTitan"),
    "unsynchronized": lazy("No longer synchronized with BitTitan"),
}
_FIELDS = {
    "name": lazy("Name"),
    "code": lazy("Code"),
    "kind": lazy("Type"),
    "bittitan_email": lazy("BitTitan e-mail"),
    "contact_email": lazy("Contact e-mail"),
    "billing_email": lazy("Billing e-mail"),
    "address": lazy("Street"),
    "postcode": lazy("Postcode"),
    "city": lazy("Town"),
    "country": lazy("Country"),
    "vat_number": lazy("VAT number"),
    "tax_code": lazy("Tax code"),
    "print_name": lazy("Name on invoices"),
    "buyer_reference": lazy("Buyer reference"),
    "electronic_address": lazy("Electronic address"),
    "invoice_rhythm": lazy("Invoices"),
    "invoice_delivery": lazy("Delivery of invoices"),
    "currency": lazy("Currency"),
    "language": lazy("Language"),
    "reminders is_on": lazy("Reminders are sent"),
    "reminders due_steps": lazy("Days before a code must be redeemed"),
    "reminders ends_steps": lazy("Days before licences end"),
    "credit_limit": lazy("Credit limit"),
    "reserved": lazy("Reserved by orders"),
    "executes_orders": lazy("Orders are executed at once"),
    "asks_approval": lazy("Wants to approve its customers’ orders"),
    "approves_up_to": lazy("Orders that need no approval, up to"),
}
AMOUNTS = ("credit_limit", "reserved", "approves_up_to")
"""In minor units of the account's currency at that time."""
_YES_NO = {"True": lazy("Yes"), "False": lazy("No")}
_VALUES: dict[str, Callable[[str], str]] = {
    "kind": lambda value: str(KINDS[AccountKind(value)]),
    "invoice_rhythm": lambda value: str(RHYTHMS[InvoiceRhythm(value)]),
    "invoice_delivery": lambda value: str(DELIVERIES[InvoiceDelivery(value)]),
    "asks_approval": lambda value: str(_YES_NO[value]),
    "country": country_name,
    "currency": currency_name,
    "language": language_name,
    "executes_orders": lambda value: str(_YES_NO[value]),
    "disabled_at": lambda value: day(datetime.fromisoformat(value)).striptags(),
}


def words_for(account: Account, merged: Iterable[Account] = ()) -> Callable[[AuditEntry], Change]:
    """`merged`: accounts whose entries are there, too, and are named as theirs."""
    return partial(_words_of_each, account, {row.id: row for row in merged})


def _words_of_each(account: Account, merged: dict[int, Account], entry: AuditEntry) -> Change:
    other = merged.get(entry.subject_id)
    if other is None:
        return words(account, entry)
    change = words(other, entry)
    return replace(change, what=f"{other.code}, {other.name}: {change.what}")


def words(account: Account | None, entry: AuditEntry) -> Change:
    """`account` is needed for amounts only."""
    what = _ACTS.get(entry.act) or _FIELDS.get(entry.field or "") or entry.act.capitalize()
    if account is not None and entry.field in AMOUNTS:
        before, after = _amounts(account, entry)
    else:
        read = _VALUES.get(entry.field or "", str)
        before, after = (value and read(value) for value in (entry.before, entry.after))
    if entry.act == "edited":  # what was empty, or was emptied, is a change from or to nothing
        before, after = before or "", after or ""
    return Change(str(what), before, after, entry.why)


def _amounts(account: Account, entry: AuditEntry) -> tuple[str | None, str | None]:
    def read(value: str | None, entry_id: int) -> str | None:
        return value and money(int(value), account_history.currency_at(account, entry_id))

    return read(entry.before, entry.id - _SAME_EDIT), read(entry.after, entry.id)
