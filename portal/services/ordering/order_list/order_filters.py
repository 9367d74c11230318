"""The filters of a list of orders, and their SQL conditions."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import ColumnElement, and_, false, literal, or_

from portal.core import access
from portal.core.statement_cache import StatementArgs
from portal.core.viewer import Tree
from portal.models import Hold, Order, OrderState, User
from portal.models.order import IS_WAITING
from portal.services.ordering.order_list.order_term import OrderTerm


@dataclass(frozen=True)
class Filters(StatementArgs):
    term: OrderTerm | None = None
    state: OrderState | None = None
    hold: Hold | None = None
    """Why it waits for the distributor."""
    account_id: int | None = None
    """Including what is below it."""
    account: Tree | None = None
    """That account, once it is known that the viewer may see it."""
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    is_impossible: bool = False
    """Names something that does not exist (for this viewer), so nothing is found."""

    def of(self, viewer: User) -> Self:
        """Without what only staff may know."""
        return self if viewer.is_staff or self.hold is None else replace(self, hold=None)

    @property
    def is_narrowed(self) -> bool:
        """By more than the term."""
        narrowing = (self.state, self.hold, self.account_id, self.placed_from, self.placed_before)
        return self.is_impossible or any(each is not None for each in narrowing)


def in_state(state: OrderState) -> ColumnElement[bool]:
    return Order.state == literal(state, Order.state.type, literal_execute=True)


def narrowing(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term, the state and the account."""
    conditions: list[ColumnElement[bool]] = []
    if filters.hold is not None:
        wanted = literal(filters.hold, Order.hold.type, literal_execute=True)
        conditions += [in_state(OrderState.SUBMITTED), IS_WAITING, Order.hold == wanted]
    if filters.placed_from is not None:
        conditions.append(Order.placed_at >= filters.placed_from)
    if filters.placed_before is not None:
        conditions.append(Order.placed_at < filters.placed_before)
    if filters.is_impossible:
        conditions.append(false())
    return conditions


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term."""
    chosen = [] if filters.state is None else [in_state(filters.state)]
    return [*narrowing(filters), *chosen, or_(*trees(filters))]


def trees(filters: Filters) -> list[ColumnElement[bool]]:
    """The account, as alternatives without common rows, each with its own index: before it is loaded, it is not known
    whether it is a branch."""
    if filters.account is not None:
        return [access.in_tree_of(filters.account, Order.branch_id, Order.account_id)]
    if filters.account_id is None:
        return [and_(True)]
    is_leaf = and_(Order.account_id == filters.account_id, Order.branch_id != filters.account_id)
    return [Order.branch_id == filters.account_id, is_leaf]
