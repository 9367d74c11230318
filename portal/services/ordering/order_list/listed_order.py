"""An order as a row of a list: the columns that the screens show, as plain values, in one statement. As
services/lists/listed_asset.py does for assets.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import ColumnElement, Select, null
from sqlalchemy.orm import aliased

from portal.core.viewer import Viewer
from portal.models import Account, Hold, Order, OrderState, User
from portal.models.order import OrderRules
from portal.services.ordering import order_rights


class ListedAccount(NamedTuple):
    id: int
    name: str
    branch_id: int | None


class ListedPerson(NamedTuple):
    id: int
    name: str
    account: ListedAccount


class _Own(NamedTuple):
    id: int
    state: OrderState
    hold: Hold | None
    account_id: int
    billed_account_id: int
    placed_by_id: int | None
    placed_at: datetime
    decided_at: datetime | None
    executed_at: datetime | None
    po_number: str
    lines_count: int
    licences: int
    reason: str
    total: int | None
    currency: str | None
    """What the viewer pays; None if the viewer may not see it, or if it is not known."""
    billed: str | None
    """The name of the billed account; only for staff: a new partner must not learn the name of the former one."""
    account: ListedAccount
    placed_by: ListedPerson | None
    """Not for staff, who do not read it in the list."""


class ListedOrder(OrderRules, _Own):
    __slots__ = ()

    @classmethod
    def read(cls, values: Iterable[Any]) -> Self:
        """From the values that `select_columns` selects."""
        values = tuple(values)
        person = None if values[_PERSON] is None else _person(*values[_PERSON:])
        return cls(*values[:_ACCOUNT], ListedAccount(*values[_ACCOUNT:_PERSON]), person)


_BILLED, _ORDERER = aliased(Account), aliased(Account)
_FIELDS = _Own._fields[: _Own._fields.index("total")]
_ACCOUNT = len(_Own._fields) - 2
_PERSON = _ACCOUNT + len(ListedAccount._fields)


def select_columns(rows: Select, viewer: Viewer) -> Select:
    """Selects the columns of `ListedOrder` for these orders."""
    own = (*(getattr(Order, name) for name in _FIELDS), *order_rights.amount_columns(viewer))
    rows = rows.join(Account, Account.id == Order.account_id)
    if viewer.is_staff:
        rows = rows.join(_BILLED, _BILLED.id == Order.billed_account_id)
        billed, person = _BILLED.name, (null(),)
    else:
        rows = rows.outerjoin(User, User.id == Order.placed_by_id)
        rows = rows.outerjoin(_ORDERER, _ORDERER.id == User.account_id)
        billed, person = null(), (User.id, User.name, *_account(_ORDERER))
    return rows.with_only_columns(*own, billed, *_account(Account), *person, maintain_column_froms=True)


def _account(model: type[Account]) -> tuple[ColumnElement, ...]:
    return tuple(getattr(model, name) for name in ListedAccount._fields)


def _person(person_id: int, name: str, *account: Any) -> ListedPerson:
    return ListedPerson(person_id, name, ListedAccount(*account))
