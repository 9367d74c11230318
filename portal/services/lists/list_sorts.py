"""The orders of a list of assets, and their cursors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, case, func, literal
from sqlalchemy.orm import aliased

from portal.core import paging
from portal.core.paging import MAX_ID
from portal.core.statement_cache import StatementArgs
from portal.models import Account, Asset, Product, Right, SyncStatus, User

# Statuses that need a person come first.
_URGENCY = (
    SyncStatus.FAILED,
    SyncStatus.REVIEW,
    SyncStatus.UNCONFIRMED,
    SyncStatus.SYNCHRONIZING,
    SyncStatus.SYNCHRONIZED,
)
_BILLED = aliased(Account)
_NEVER = literal(date.max, Date, literal_execute=True)


@dataclass(frozen=True)
class Cursor(StatementArgs):
    key: Any
    id: int


@dataclass(frozen=True, eq=False)
class Sort:
    """`key` is never NULL and compares alike on both databases."""

    key: ColumnElement
    read: Callable[[str], Any]
    """Parses a cursor's text. Raises ValueError."""
    starts_descending: bool = False
    is_indexed: bool = False
    """There is an index with the id, so any number of rows can be paged through in this order."""
    join: tuple[Any, ColumnElement[bool]] | None = None
    """The table of the key, if it is not the asset itself."""
    needs: Right = Right.SEE_ASSETS
    """An order reveals its values, so it does not exist for people without this right."""

    def joined(self, rows: Select) -> Select:
        return rows.join(*self.join) if self.join else rows

    def cursor(self, key: Any, asset_id: int) -> str:
        if self.key is Asset.id:
            return str(asset_id)
        return f"{key.hex() if isinstance(key, bytes) else key},{asset_id}"

    def read_cursor(self, text: str | None) -> Cursor | None:
        """None for anything that is not a cursor of this order."""
        key, comma, number = (text or "").rpartition(",")
        if not (number.isascii() and number.isdigit() and len(number) < 11 and int(number) <= MAX_ID):
            return None
        if bool(comma) == (self.key is Asset.id):
            return None
        try:
            return Cursor(self.read(key), int(number))
        except ValueError:
            return None


def _read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= MAX_ID):
        raise ValueError
    return int(text)


BY_ID = Sort(Asset.id, lambda text: None, is_indexed=True)

SORTS = {
    "name": Sort(Asset.name_sort, paging.read_sort, is_indexed=True),
    "status": Sort(
        case(*((Asset.sync_status == status, rank) for rank, status in enumerate(_URGENCY)), else_=len(_URGENCY)),
        _read_number,
    ),
    "product": Sort(
        Product.name_sort,
        paging.read_sort,
        join=(Product, Product.id == Asset.product_id),
    ),
    "customer": Sort(
        Account.name_sort,
        paging.read_sort,
        join=(Account, Account.id == Asset.account_id),
    ),
    "billed": Sort(
        _BILLED.name_sort,
        paging.read_sort,
        join=(_BILLED, _BILLED.id == Asset.billed_account_id),
        needs=Right.SEE_INTERNALS,
    ),
    "quantity": Sort(Asset.quantity, _read_number, starts_descending=True, is_indexed=True),
    "purchased": Sort(
        Asset.purchased_on,
        date.fromisoformat,
        starts_descending=True,
        is_indexed=True,
    ),
    "redeem-by": Sort(Asset.redeem_by, date.fromisoformat, is_indexed=True),
    "ends": Sort(func.coalesce(Asset.ends_on, _NEVER), date.fromisoformat),
}


def may_sort(viewer: User, name: str) -> bool:
    """Whether this order exists for this viewer."""
    return name in SORTS and viewer.may(SORTS[name].needs)
