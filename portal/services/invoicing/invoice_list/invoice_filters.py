"""The filters of a list of invoices, and their SQL conditions."""

import enum
from dataclasses import dataclass
from datetime import date
from operator import eq, ge, le

from sqlalchemy import ColumnElement, and_, false, literal

from portal.core.statement_cache import StatementArgs
from portal.models import Invoice, InvoiceKind
from portal.models.invoice import IS_ISSUED, IS_OPEN
from portal.services.invoicing.invoice_list.invoice_term import InvoiceTerm


class Listed(enum.Enum):
    """What a list can be narrowed to."""

    DRAFT = "draft"
    OPEN = "open"
    """Invoices, overdue or not."""
    OVERDUE = "overdue"
    PAID = "paid"
    CREDIT_NOTE = "credit-notes"
    INVOICE = "invoices"
    """Issued, whatever was paid; no credit notes."""


BY_DUE_DAY = (Listed.OPEN, Listed.OVERDUE)
"""Lists in the order in which they are due; the others in that of their issue."""
TOGETHER = (Listed.DRAFT, Listed.OPEN, Listed.PAID, Listed.CREDIT_NOTE)
"""All that there is, each once."""
COUNTED = tuple(state for state in Listed if state is not Listed.INVOICE)
"""Each has a number of its own; the others add up from them."""


@dataclass(frozen=True)
class Filters(StatementArgs):
    today: date
    term: InvoiceTerm | None = None
    state: Listed | None = None
    account_id: int | None = None
    """The one that is billed."""
    currency: str | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    due_from: date | None = None
    due_until: date | None = None
    is_impossible: bool = False
    """Names something that does not exist (for this viewer), so nothing is found."""

    @property
    def is_of_issued(self) -> bool:
        """Drafts have no such days."""
        days = (self.issued_from, self.issued_until, self.due_from, self.due_until)
        return any(day is not None for day in days)


def is_a(kind: InvoiceKind) -> ColumnElement[bool]:
    return Invoice.kind == literal(kind, Invoice.kind.type, literal_execute=True)


def in_state(state: Listed, today: date) -> ColumnElement[bool]:
    """Names the day, too, which every issued one has: otherwise SQLite reads the index of the numbers."""
    is_invoice = is_a(InvoiceKind.INVOICE)
    is_issued, is_due = Invoice.issued_on.is_not(None), Invoice.due_on.is_not(None)
    return {
        Listed.DRAFT: lambda: Invoice.number.is_(None),
        Listed.OPEN: lambda: and_(IS_OPEN, is_invoice, is_due),
        Listed.OVERDUE: lambda: and_(IS_OPEN, is_invoice, Invoice.due_on < today),
        Listed.PAID: lambda: and_(IS_ISSUED, is_issued, Invoice.paid_at.is_not(None), is_invoice),
        Listed.CREDIT_NOTE: lambda: and_(is_a(InvoiceKind.CREDIT_NOTE), is_issued),
        Listed.INVOICE: lambda: and_(IS_ISSUED, is_issued, is_invoice),
    }[state]()


def narrowing(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term and the state."""
    given = (
        (eq, Invoice.billed_account_id, filters.account_id),
        (eq, Invoice.currency, filters.currency),
        (ge, Invoice.issued_on, filters.issued_from),
        (le, Invoice.issued_on, filters.issued_until),
        (ge, Invoice.due_on, filters.due_from),
        (le, Invoice.due_on, filters.due_until),
    )
    conditions = [compare(column, value) for compare, column, value in given if value is not None]
    return [*conditions, false()] if filters.is_impossible else conditions


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term."""
    chosen = [] if filters.state is None else [in_state(filters.state, filters.today)]
    return [*narrowing(filters), *chosen]
