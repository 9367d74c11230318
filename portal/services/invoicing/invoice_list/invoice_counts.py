"""How many invoices a list has, and the best way to find them. Nothing is counted beyond CAP."""

import enum
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import (
    CTE,
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    literal_column,
    null,
    select,
    true,
    union,
)

from portal.core import access, billing_access
from portal.core.statement_cache import StatementArgs, cached_statement
from portal.core.viewer import Viewer
from portal.database import VALUES_MATTER
from portal.extensions import db
from portal.models import Account, Invoice, User
from portal.services.invoicing.invoice_list import invoice_term, invoice_totals
from portal.services.invoicing.invoice_list.invoice_filters import (
    COUNTED,
    TOGETHER,
    Filters,
    Listed,
    in_state,
    narrowing,
)
from portal.services.invoicing.invoice_list.invoice_term import InvoiceTerm
from portal.services.invoicing.invoice_list.invoice_totals import Totals
from portal.services.lists.join_hints import first, in_order, materialized
from portal.services.lists.list_counts import CAP


class Way(enum.Enum):
    FILTERS = "filters"
    HITS = "hits"
    """By the term, which finds few."""
    WALK = "walk"
    """The term finds many: read on in the order of the list until a page is full."""


@dataclass(frozen=True)
class Month(StatementArgs):
    first: date
    last: date


@dataclass(frozen=True)
class NamedAccount:
    id: int
    name: str
    code: str


@dataclass(frozen=True)
class Counts:
    by_state: dict[Listed, int | None]
    """Without the state filter, each up to CAP + 1; None if there are too many to count."""
    total: int | None
    """Up to CAP + 1; None if there are more than were counted."""
    way: Way = Way.FILTERS
    account: NamedAccount | None = None
    """The one of the filter, if the viewer sees it."""
    totals: Totals = field(default_factory=Totals)
    """Of all that the viewer sees, if they were asked for."""

    @property
    def every(self) -> int | None:
        """Without the state filter."""
        numbers = [self.by_state[state] for state in TOGETHER]
        return None if None in numbers else sum(numbers)

    @property
    def is_capped(self) -> bool:
        return self.total is None or self.total > CAP


def count(viewer: User, filters: Filters, *, with_totals: bool = False) -> Counts:
    """One statement."""
    month = Month(*invoice_totals.month_of(filters.today)) if with_totals else None
    statement, values = _counting(Viewer.of(viewer), filters, month, CAP)
    row = db.session.execute(statement, values).one()
    account = None if row.account_id is None else NamedAccount(*row[:3])
    totals = invoice_totals.read(row) if with_totals else Totals()
    if filters.is_impossible or (filters.account_id is not None and account is None):
        return Counts(dict.fromkeys(Listed, 0), 0, Way.FILTERS, account, totals)
    return _read(row, filters, account, totals)


def planning(filters: Filters) -> dict[str, bool]:
    """Execution options: what is the best plan depends on the values of these filters."""
    return {VALUES_MATTER: filters.term is not None or filters.account_id is not None or filters.is_of_issued}


def hits(viewer: Viewer, term: InvoiceTerm, *, most: int | None = None) -> list[CTE]:
    """What the term finds, one for each branch."""
    found = invoice_term.branches(viewer, term)
    return [
        materialized(rows if most is None else first(rows, most), f"hits_{place}") for place, rows in enumerate(found)
    ]


def found_invoices(viewer: Viewer, filters: Filters, found: list[CTE]) -> Select[tuple[Invoice]]:
    """The invoices that the term and the filters leave, each once."""
    together = union(*(select(each.c.id) for each in found)).cte("together")
    joined = in_order(together, Invoice, Invoice.id == together.c.id)
    return billing_access.visible_invoices(viewer).select_from(joined).where(*narrowing(filters))


def _read(row: Row, filters: Filters, account: NamedAccount | None, totals: Totals) -> Counts:
    numbers = row._mapping
    sizes = [number for name, number in numbers.items() if name.startswith("size_")]
    if any(size > CAP for size in sizes):
        return Counts(dict.fromkeys(Listed), None, Way.WALK, account, totals)
    by_state = {state: numbers[state.value] for state in COUNTED}
    by_state[Listed.INVOICE] = min(by_state[Listed.OPEN] + by_state[Listed.PAID], CAP + 1)
    counts = Counts(by_state, 0, Way.HITS if sizes else Way.FILTERS, account, totals)
    total = counts.every if filters.state is None else by_state[filters.state]
    return Counts(by_state, total, counts.way, account, totals)


@cached_statement
def _counting(viewer: Viewer, filters: Filters, month: Month | None, _cap: int) -> Select:
    numbers = _of_states(viewer, filters) if filters.term is None else _of_term(viewer, filters, filters.term)
    more = invoice_totals.columns(viewer, filters.today, (month.first, month.last)) if month else {}
    account = _named(viewer, filters.account_id).subquery("account")
    one = select(literal_column("1").label("one")).subquery("one")
    columns = [number.label(name) for name, number in (numbers | more).items()]
    named = (account.c.id.label("account_id"), account.c.name, account.c.code)
    rows = select(*named, *columns).select_from(one.outerjoin(account, true()))
    return rows.execution_options(**planning(filters))


def _named(viewer: Viewer, account_id: int | None) -> Select:
    columns = (Account.id, Account.name, Account.code)
    if account_id is None:
        return select(*(null().label(column.key) for column in columns))
    return access.visible_accounts(viewer).with_only_columns(*columns).where(Account.id == account_id)


def _of_states(viewer: Viewer, filters: Filters) -> dict[str, ColumnElement]:
    rows = billing_access.visible_invoices(viewer).where(*narrowing(filters))
    rows = rows.with_only_columns(literal_column("1"), maintain_column_froms=True)
    return {
        state.value: _number(first(rows.where(in_state(state, filters.today)), CAP + 1)) for state in COUNTED
    }  # fmt: skip


def _of_term(viewer: Viewer, filters: Filters, term: InvoiceTerm) -> dict[str, ColumnElement]:
    found = hits(viewer, term, most=CAP + 1)
    sizes = {f"size_{place}": _number(select(each)) for place, each in enumerate(found)}
    measured = materialized(select(*(number.label(name) for name, number in sizes.items())), "sizes")
    size = {name: select(measured.c[name]).scalar_subquery() for name in sizes}
    is_few = and_(*(number <= CAP for number in size.values()))
    rows = found_invoices(viewer, filters, found).where(is_few)
    states = [case((in_state(state, filters.today), 1), else_=0).label(state.name) for state in COUNTED]
    rows = materialized(rows.with_only_columns(*states, maintain_column_froms=True), "found")
    return size | {
        state.value: select(func.coalesce(func.sum(rows.c[state.name]), 0)).scalar_subquery() for state in COUNTED
    }


def _number(rows: Select) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()
