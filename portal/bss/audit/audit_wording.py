"""Words for every entry, whatever it is about: as on the page of that thing."""

from collections.abc import Callable
from datetime import datetime

from portal.bss.catalog import wording as product_wording
from portal.bss.mail_texts.field_words import change_words
from portal.bss.payments import payment_wording
from portal.bss.setup import setup_wording
from portal.core import audit
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.invoices.invoice_history import amount_text, invoice_event
from portal.display.orders.order_history import order_event
from portal.display.wording import account_changes, finding_wording, history_text
from portal.display.wording.account_wording import ROLES
from portal.display.wording.history_text import Change
from portal.models import Account, AuditEntry, FindingAct, FindingKind
from portal.services.accounts import account_history
from portal.services.audit_log import Group
from portal.services.audit_log.audit_subjects import Named
from portal.services.mail.stops import stopping
from portal.services.reconciliation.applying import settled
from portal.web.filters import day

GROUPS = {
    Group.REVEALS: lazy("Codes revealed"),
    Group.CODES: lazy("Codes: recorded, revealed, withdrawn"),
    Group.ASSETS: lazy("Assets"),
    Group.ORDERS: lazy("Orders"),
    Group.INVOICES: lazy("Invoices and payments"),
    Group.ACCOUNTS: lazy("Accounts and people"),
    Group.CATALOG: lazy("Products and prices"),
    Group.SETTINGS: lazy("Settings"),
    Group.TOOLS: lazy("Tools"),
}
_PROCESSES = {
    audit.WORKER: lazy("The worker"),
    audit.SCHEDULED: lazy("The schedule"),
    audit.COMMAND_LINE: lazy("Command line"),
    stopping.READER: lazy("The reader of a mail"),
    audit.HANDOVER: lazy("Somebody with a hand-over link"),
    "portal": lazy("The portal itself"),
}
_VIA = {audit.WORKER: lazy("by the worker"), audit.SCHEDULED: lazy("on the day that was chosen")}
_KINDS = {
    "account": lazy("Account %(id)s"),
    "alert": lazy("Alert %(id)s"),
    "asset": lazy("AS-%(id)s"),
    "bulk": lazy("B-%(id)s"),
    "company": lazy("Company"),
    "comparison": lazy("Reconciliation"),
    "connection": lazy("BitTitan"),
    "coupon": lazy("Coupon %(id)s"),
    "finding": lazy("Difference %(id)s"),
    "coupon list": lazy("Uploaded list of coupons %(id)s"),
    "figures": lazy("Figures of the reports"),
    "import": lazy("Import %(id)s"),
    "invoice": lazy("Draft %(id)s"),
    "invoice run": lazy("RUN-%(id)s"),
    "invoice schedule": lazy("Schedule of invoice runs"),
    "mail text": lazy("Mail text"),
    stopping.SUBJECT: lazy("Stopped mails"),
    "order": lazy("ORD-%(id)s"),
    "payment": lazy("Payment %(id)s"),
    "price_list": lazy("Price list %(id)s"),
    "product": lazy("Product %(id)s"),
    "product_type": lazy("Product type %(id)s"),
    "reconciliation": lazy("Comparison %(id)s"),
    "retry": lazy("R-%(id)s"),
    "tax_code": lazy("Tax code %(id)s"),
    "user": lazy("User %(id)s"),
}
_ACTS = {
    "add words": lazy("Added to the request"),
    "answer request": lazy("Request answered"),
    "apply": lazy("Applied"),
    "ask": lazy("Asked for"),
    "assign": lazy("Assigned to an account"),
    "backup": lazy("Backed up"),
    "change": lazy("Changed"),
    "close request": lazy("Request closed"),
    "configure": lazy("Changed"),
    "connect": lazy("Connected"),
    "copy": lazy("Copied"),
    "create": lazy("Created"),
    "created": lazy("Created"),
    "delete": lazy("Deleted"),
    "deliver request": lazy("Request settled: the code has come"),
    "discard": lazy("Discarded"),
    "disabled": lazy("Disabled"),
    "edit": lazy("Changed"),
    "edited": lazy("Changed"),
    "enabled": lazy("Enabled again"),
    "end": lazy("Ended"),
    "fault": lazy("Fault of the sandbox set"),
    "freeze": lazy("Purchases stopped"),
    "leave out": lazy("Left out"),
    "limit": lazy("Limit reached"),
    "line": lazy("Price"),
    "link renewed": lazy("One-time link renewed"),
    "moved": lazy("Moved to another account"),
    "overrule": lazy("Overruled by BitTitan"),
    "password changed": lazy("Password changed"),
    "password chosen": lazy("Password chosen"),
    "prepare": lazy("Prepared"),
    "read": lazy("Service definition read"),
    "read again": lazy("Read again"),
    "recount": lazy("Recount asked for"),
    "rejects": lazy("Rejected rows downloaded"),
    "release": lazy("Purchases released"),
    "restore": lazy("Restored from a backup"),
    "see": lazy("Seen"),
    "start": lazy("Started"),
    "stop": lazy("Stopped"),
    "state": lazy("State of a code confirmed"),
    "take": lazy("Taken back in"),
    "unassign": lazy("No longer assigned to an account"),
    "use": lazy("Put to use"),
}
_FIELDS = {
    "currency": lazy("Currency"),
    "email": lazy("E-mail"),
    "is_for_all": lazy("For every account"),
    "name": lazy("Name"),
    "organization_id": lazy("Organization"),
    "password": lazy("Password"),
    "role": lazy("Role"),
    "server": lazy("Kind of server"),
    "url": lazy("Address"),
    "valid_from": lazy("Valid from"),
    "valid_until": lazy("Valid until"),
    "day": lazy("Day of the month"),
}
_CHANGES = ("change", "configure", "connect", "edit", "edited", "end", "read")
"""Acts whose entry says the new value of a field."""
_ROLES = {role.value: text for role, text in ROLES.items()}


def who_text(entry: AuditEntry) -> str:
    return entry.actor if entry.actor_id is not None else process_name(entry.actor)


def via_text(process: str | None) -> str:
    """Beside the person for whom it did something."""
    return str(_VIA.get(process, process)) if process else ""


def process_name(actor: str) -> str:
    return str(_PROCESSES.get(actor, actor))


def subject_text(entry: AuditEntry, named: Named | None) -> str:
    if named is not None and named.text:
        return named.text
    kind = _KINDS.get(entry.subject)
    return str(kind) % {"id": entry.subject_id} if kind else f"{entry.subject} {entry.subject_id}"


class Wording:
    """`of` never fails: what has no words is shown as it is on record."""

    def __init__(self) -> None:
        self._accounts: dict[int, Account | None] = {}
        self._by_subject: dict[str, Callable[[AuditEntry], Change]] = {
            "account": self._account,
            "asset": history_text.change_words,
            "company": setup_wording.change_words,
            "finding": _finding,
            "coupon": history_text.change_words,
            "invoice": _invoice,
            "mail text": change_words,
            "order": _order,
            "payment": payment_wording.change_words,
            "product": product_wording.change_words,
            "tax_code": setup_wording.change_words,
        }

    def of(self, entry: AuditEntry) -> Change:
        try:
            return self._by_subject.get(entry.subject, _plain)(entry)
        except (KeyError, ValueError):
            return Change(_act(entry), entry.before, entry.after, entry.why)

    def _account(self, entry: AuditEntry) -> Change:
        """Amounts need the currency of that time; only then is the account read."""
        if entry.field not in account_changes.AMOUNTS:
            return account_changes.words(None, entry)
        if entry.subject_id not in self._accounts:
            self._accounts[entry.subject_id] = account_history.account(entry.subject_id)
        account = self._accounts[entry.subject_id]
        return account_changes.words(account, entry) if account else _plain(entry)


def _finding(entry: AuditEntry) -> Change:
    """`after` of a decision is the kind; of a refusal, the act."""
    if entry.act == "refused":
        return Change(_("Could not be done"), None, finding_wording.act_words(FindingAct(entry.after)), entry.why)
    kind = FindingKind(entry.after)
    if entry.act == settled.ACT:
        return Change(finding_wording.act_words(None), None, finding_wording.kind_words(kind), entry.why)
    words = finding_wording.act_words(FindingAct(entry.act), kind)
    return Change(words, None, finding_wording.kind_words(kind), entry.why)


def _order(entry: AuditEntry) -> Change:
    event = order_event(entry)
    return Change(event.what, None, None, event.more)


def _invoice(entry: AuditEntry) -> Change:
    what = invoice_event(entry).what
    if entry.act == "edit":
        return Change(what, entry.before or "", entry.after or "", entry.why)
    if entry.act == "pdf":
        return Change(what, None, None, invoice_event(entry).more)
    value = entry.after or entry.before
    return Change(what, None, value and amount_text(value), entry.why)


def _plain(entry: AuditEntry) -> Change:
    if entry.field is None or entry.act not in _CHANGES:
        return Change(_act(entry), _read(entry.field, entry.before), _read(entry.field, entry.after), entry.why)
    what = str(_FIELDS.get(entry.field, entry.field))
    before, after = (_read(entry.field, value) or "" for value in (entry.before, entry.after))
    return Change(what, before, after, entry.why)


def _act(entry: AuditEntry) -> str:
    return str(_ACTS.get(entry.act, entry.act.capitalize()))


def _read(field: str | None, value: str | None) -> str | None:
    if value is None:
        return None
    if field == "role":
        return str(_ROLES.get(value, value))
    if field is not None and field.endswith("_at"):
        return day(datetime.fromisoformat(value)).striptags()
    return {"True": _("Yes"), "False": _("No")}.get(value, value)
