"""Texts and links for invoice runs."""

from datetime import date

from babel.dates import format_date

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, locale_now, ngettext
from portal.display.lists.chips import Chip
from portal.models import Invoice, InvoiceRun, InvoiceRunItem, RunOrigin, RunState
from portal.services.invoicing.runs.run_page import Outcome
from portal.web.filters import number
from portal.web.urls import url_for

STATES = {
    RunState.PREPARING: lazy("Being prepared"),
    RunState.PREPARED: lazy("Preview"),
    RunState.RUNNING: lazy("Issuing"),
    RunState.DONE: lazy("Finished"),
    RunState.STOPPED: lazy("Stopped"),
}
OUTCOMES = {
    Outcome.WAITING: lazy("Waiting"),
    Outcome.LEFT_OUT: lazy("Left out"),
    Outcome.ISSUED: lazy("Issued"),
    Outcome.NOT_ISSUED: lazy("Not issued"),
    Outcome.NOT_BEGUN: lazy("Not started"),
    Outcome.NO_PDF: lazy("PDF not made"),
}
BADGES = {
    Outcome.ISSUED: ("paid", "synchronized"),
    Outcome.NOT_ISSUED: ("refused", "failed"),
    Outcome.LEFT_OUT: ("overdue", "warning"),
}
"""Class and icon."""
OTHERS = {
    "undelivered": (lazy("Not delivered yet"), lazy("Billed once their coupons are recorded")),
    "later": (lazy("Delivered after the period"), lazy("Taken by the run of their month")),
    "credited": (lazy("Credited as a whole"), lazy("You decide: make a draft, or say why it is never invoiced")),
    "never": (lazy("Never invoiced, with a reason"), lazy("Decided when the order was executed, or later")),
    "billed": (lazy("Invoiced already"), lazy("Delivered in this month and on an invoice or a draft")),
    "imported": (lazy("Imported assets"), lazy("Billed elsewhere")),
}
_ORIGINS = {RunOrigin.SCHEDULE: lazy("the schedule"), RunOrigin.COMMAND: lazy("the command line")}
_MEND = {"account": "accounts.show", "company": "bss.company.edit", "tax_code": "bss.tax_codes.edit"}


def month(day: date) -> str:
    return format_date(day, "LLLL yyyy", locale=locale_now())


def title(run: InvoiceRun) -> str:
    return _("%(number)s, %(month)s", number=run.number, month=month(run.until))


def scheduled(until: date | None) -> str:
    """`until`: the last day of the month whose run begins now."""
    if until is None:
        return _("Saved.")
    return _("Saved. That day of this month is over, so the run of %(month)s begins now.", month=month(until))


def origin(run: InvoiceRun) -> str:
    if run.made_by is not None:
        return run.made_by.name
    return str(_ORIGINS.get(run.origin, ""))


def href(run: InvoiceRun, **query: object) -> str:
    return url_for("bss.invoice_runs.show", run_id=run.id, **query)


def index_href(**query: object) -> str:
    return url_for("bss.invoice_runs.index", **query)


def invoice_href(invoice: Invoice | None) -> str | None:
    return None if invoice is None else url_for("bss.invoices.show", invoice_id=invoice.id)


def mend_href(item: InvoiceRunItem) -> str | None:
    """Where what is missing is given."""
    endpoint = _MEND.get(item.mend or "")
    if endpoint is None:
        return None
    values = {"account": {"account_id": item.mend_id}, "tax_code": {"tax_code_id": item.mend_id}}
    return url_for(endpoint, **values.get(item.mend, {}))


def outcome_text(run: InvoiceRun, outcome: Outcome) -> str:
    if run.is_prepared and outcome is Outcome.WAITING:
        return _("Will be issued")
    return str(OUTCOMES[outcome])


def chips(run: InvoiceRun, counts: dict[Outcome, int], wanted: Outcome | None) -> list[Chip]:
    total = sum(count for outcome, count in counts.items() if outcome is not Outcome.NO_PDF)
    found = [(None, _("All"), total)]
    found += [(each, outcome_text(run, each), counts[each]) for each in Outcome if counts.get(each)]
    return [
        Chip(text, href(run, outcome=each), number(count), each is wanted, f"outcome-{each or 'all'}")
        for each, text, count in found
    ]


def summary(run: InvoiceRun, counts: dict[Outcome, int]) -> str:
    """Such as: 9 issued, 2 not issued."""
    parts = [
        f"{number(counts[each])} {outcome_text(run, each).lower()}"
        for each in Outcome
        if counts.get(each) and each is not Outcome.NO_PDF
    ]
    return ", ".join(parts) or _("Nothing to invoice")


def invoices(count: int) -> str:
    return ngettext("%(n)s invoice", "%(n)s invoices", count, n=number(count))
