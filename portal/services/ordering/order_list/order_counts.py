"""How many orders a list has, and the best way to find them. Nothing is counted beyond CAP."""

import enum
from dataclasses import dataclass
from functools import reduce
from operator import add

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
    or_,
    select,
    true,
    union,
)

from portal.core import access
from portal.core.statement_cache import cached_statement
from portal.core.viewer import Viewer
from portal.database import VALUES_MATTER
from portal.extensions import db
from portal.models import Account, AccountKind, Order, OrderState, User
from portal.services.lists.join_hints import first, in_order, materialized
from portal.services.lists.list_counts import CAP
from portal.services.ordering.order_list import order_term
from portal.services.ordering.order_list.order_filters import Filters, conditions, in_state, narrowing, trees
from portal.services.ordering.order_list.order_term import OrderTerm


class Way(enum.Enum):
    FILTERS = "filters"
    """By the filters alone, or by comparing their few rows with the term."""
    HITS = "hits"
    """By the term, which finds few."""
    WALK = "walk"
    """Both find many: read on until a page is full."""


@dataclass(frozen=True)
class NamedAccount:
    id: int
    name: str
    code: str
    kind: AccountKind


@dataclass(frozen=True)
class Counts:
    by_state: dict[OrderState, int | None]
    """Without the state filter, each up to CAP + 1; None if there are too many to count."""
    total: int | None
    """Up to CAP + 1; None if there are more than were counted."""
    way: Way = Way.FILTERS
    account: NamedAccount | None = None
    """The one of the filter, if the viewer sees it."""

    @property
    def is_capped(self) -> bool:
        return self.total is None or self.total > CAP


def count(viewer: User, filters: Filters) -> Counts:
    """One statement."""
    filters, reader = filters.of(viewer), Viewer.of(viewer)
    statement, values = _counting(reader, filters, CAP)
    row = db.session.execute(statement, values).one()
    account = None if row.account_id is None else NamedAccount(*row[:4])
    if filters.is_impossible or (filters.account_id is not None and account is None):
        return Counts(dict.fromkeys(OrderState, 0), 0, Way.FILTERS, account)
    return _read(row, filters, account)


def planning(filters: Filters) -> dict[str, bool]:
    """Execution options: what is the best plan depends on the values of these filters."""
    return {VALUES_MATTER: filters.term is not None or filters.is_narrowed}


def hits(viewer: Viewer, filters: Filters, *, most: int | None = None) -> list[CTE]:
    """What the term finds, one for each branch."""
    is_of_all = viewer.is_staff and filters.account_id is None
    found = order_term.branches(viewer, filters.term, is_of_all=is_of_all)
    return [
        materialized(rows if most is None else first(rows, most), f"hits_{place}") for place, rows in enumerate(found)
    ]


def found_orders(viewer: Viewer, filters: Filters, found: list[CTE]) -> Select[tuple[Order]]:
    """The orders that the term and the filters leave, each once."""
    together = union(*(select(each.c.id) for each in found)).cte("together")
    joined = in_order(together, Order, Order.id == together.c.id)
    return access.listed_orders(viewer).select_from(joined).where(*narrowing(filters), or_(*trees(filters)))


def _read(row: Row, filters: Filters, account: NamedAccount | None) -> Counts:
    numbers = row._mapping
    way = Way.FILTERS
    if filters.term is not None:
        is_few = all(number <= CAP for name, number in numbers.items() if name.startswith("size_"))
        way = Way.HITS if is_few else Way.FILTERS if numbers.get("candidates", CAP + 1) <= CAP else Way.WALK
    if filters.term is not None and way is not Way.HITS:
        by_state = dict.fromkeys(OrderState)
        return Counts(by_state, numbers["total"] if way is Way.FILTERS else None, way, account)
    by_state = {state: numbers[state.value] for state in OrderState}
    total = sum(by_state.values()) if filters.state is None else by_state[filters.state]
    return Counts(by_state, total, way, account)


@cached_statement
def _counting(viewer: Viewer, filters: Filters, _cap: int) -> Select:
    numbers = _of_states(viewer, filters) if filters.term is None else _of_term(viewer, filters, filters.term)
    account = _named(viewer, filters.account_id).subquery("account")
    one = select(literal_column("1").label("one")).subquery("one")
    columns = [number.label(name) for name, number in numbers.items()]
    named = (account.c.id.label("account_id"), account.c.name, account.c.code, account.c.kind)
    rows = select(*named, *columns).select_from(one.outerjoin(account, true()))
    return rows.execution_options(**planning(filters))


def _named(viewer: Viewer, account_id: int | None) -> Select:
    columns = (Account.id, Account.name, Account.code, Account.kind)
    if account_id is None:
        return select(*(null().label(column.key) for column in columns))
    return access.visible_accounts(viewer).with_only_columns(*columns).where(Account.id == account_id)


def _of_states(viewer: Viewer, filters: Filters) -> dict[str, ColumnElement]:
    return {state.value: _in_state(viewer, filters, state) for state in OrderState}


def _in_state(viewer: Viewer, filters: Filters, state: OrderState) -> ColumnElement:
    rows = access.listed_orders(viewer, state).where(*narrowing(filters), in_state(state))
    rows = rows.with_only_columns(literal_column("1"), maintain_column_froms=True)
    return reduce(add, (_number(first(rows.where(tree), CAP + 1)) for tree in trees(filters)))


def _of_term(viewer: Viewer, filters: Filters, term: OrderTerm) -> dict[str, ColumnElement]:
    found = hits(viewer, filters, most=CAP + 1)
    sizes = {f"size_{place}": _number(select(each)) for place, each in enumerate(found)}
    measured = materialized(select(*(number.label(name) for name, number in sizes.items())), "sizes")
    size = {name: select(measured.c[name]).scalar_subquery() for name in sizes}
    is_few = and_(*(number <= CAP for number in size.values()))
    rows = found_orders(viewer, filters, found).where(is_few)
    rows = materialized(rows.with_only_columns(Order.state.label("state"), maintain_column_froms=True), "found")
    numbers = size | {state.value: _of_state(rows, state) for state in OrderState}
    return numbers | (_of_candidates(viewer, filters, term, is_few) if filters.is_narrowed else {})


def _of_candidates(
    viewer: Viewer, filters: Filters, term: OrderTerm, is_few: ColumnElement[bool]
) -> dict[str, ColumnElement]:  # fmt: skip
    """If the term finds many, and the other filters leave few."""
    ids = access.listed_orders(viewer).with_only_columns(Order.id)
    candidates = materialized(first(ids.where(*conditions(filters)), CAP + 1), "candidates")
    number = select(func.count()).select_from(candidates).scalar_subquery()
    both = access.listed_orders(viewer).select_from(in_order(candidates, Order, Order.id == candidates.c.id))
    both = both.where(~is_few, number <= CAP, order_term.matches(viewer, term))
    return {"candidates": number, "total": _number(both.with_only_columns(Order.id, maintain_column_froms=True))}


def _of_state(rows: CTE, state: OrderState) -> ScalarSelect[int]:
    return select(func.count(case((rows.c.state == state, 1)))).scalar_subquery()


def _number(rows: Select) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()
