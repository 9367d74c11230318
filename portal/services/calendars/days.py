"""What falls on each day. Counted: active assets with a code, imported ones as well. On its last day to redeem, a code
that was neither redeemed nor revoked, also if that day is over; on their last day, licences that were redeemed."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import CompoundSelect, Row, Select, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from portal.core import access
from portal.core.viewer import Tree, Viewer
from portal.database import VALUES_MATTER
from portal.extensions import db
from portal.models import Account, Asset, User
from portal.services.lists.list_filters import Filters, in_trees


class Kind(enum.Enum):
    DUE = "due"
    """Must be redeemed."""
    ENDS = "ends"


_OWN = 4
"""Columns that each count has; after them come the account and its name."""
_DAYS = {Kind.DUE: Asset.due_on, Kind.ENDS: Asset.ends_on}


@dataclass(frozen=True)
class Sum:
    assets: int = 0
    licences: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.assets + other.assets, self.licences + other.licences)


@dataclass(frozen=True)
class Entry:
    kind: Kind
    day: date
    sum: Sum
    account_id: int | None = None
    """None: of all accounts."""
    account: str | None = None


def of_period(
    viewer: User | Viewer, first: date, last: date, within: Tree | None = None
) -> dict[date, dict[Kind, Sum]]:
    """One statement."""
    days: dict[date, dict[Kind, Sum]] = {}
    for row in _execute(union_all(*(_counted(viewer, kind, first, last, within) for kind in Kind))):
        days.setdefault(row.day, {})[Kind(row.kind)] = _sum(row)
    return days


def upcoming(viewer: User | Viewer, first: date, most: int) -> list[Entry]:
    """By day, kind and account, the first `most` of each kind; for the staff, who see thousands of accounts, by day and
    kind."""
    rows = _execute(union_all(*(_first(viewer, kind, first, most) for kind in Kind)))
    entries = [Entry(Kind(row.kind), row.day, _sum(row), *row[_OWN:]) for row in rows]
    return sorted(entries, key=lambda entry: (entry.day, entry.kind.value, entry.account_id or 0))


def _first(viewer: User | Viewer, kind: Kind, first: date, most: int) -> Select:
    """In the order of an index, so that no more than these are counted. The accounts’ names are joined to them."""
    rows = _counted(viewer, kind, first)
    if viewer.is_staff:
        return select(rows.order_by(_DAYS[kind]).limit(most).subquery())
    rows = rows.add_columns(Asset.account_id).group_by(Asset.account_id).order_by(_DAYS[kind], Asset.account_id)
    found = rows.limit(most).subquery()
    accounts = access.visible_accounts(viewer).join(found, found.c.account_id == Account.id)
    return accounts.with_only_columns(*found.c, Account.name.label("account"))


def _counted(
    viewer: User | Viewer, kind: Kind, first: date, last: date | None = None, within: Tree | None = None
) -> Select:
    day: InstrumentedAttribute = _DAYS[kind]
    columns = (
        literal(kind.value).label("kind"),
        day.label("day"),
        func.count().label("assets"),
        func.sum(Asset.quantity).label("licences"),
    )
    rows = access.visible_asset_ids(viewer).where(in_trees(Filters(within=within)), day >= first)
    if last is not None:
        rows = rows.where(day <= last)
    return rows.with_only_columns(*columns, maintain_column_froms=True).group_by(day)


def _execute(rows: CompoundSelect) -> Sequence[Row]:
    return db.session.execute(rows.execution_options(**{VALUES_MATTER: True})).all()


def _sum(row: Row) -> Sum:
    return Sum(row.assets, int(row.licences))
