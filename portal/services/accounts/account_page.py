"""What stands around one account: how its assets are, the accounts below it, its people. All in one statement."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, ScalarSelect, Select, String, cast, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models import Account, Asset, Lifecycle, SyncStatus, User
from portal.models.types import UTCDateTime, fold
from portal.services import access
from portal.services.lists.joins import first
from portal.services.lists.list_counts import CAP

SHOWN_BELOW, SHOWN_PEOPLE = 8, 25


@dataclass(frozen=True)
class Below:
    id: int
    name: str
    assets: int
    """Up to CAP + 1."""
    is_disabled: bool


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    email: str
    role: str
    signed_in_at: datetime | None
    is_disabled: bool
    has_password: bool


@dataclass(frozen=True)
class Surroundings:
    overview: dict[SyncStatus, int] = field(default_factory=dict)
    """Of the active assets of the account and of those below it, each up to CAP + 1."""
    below: list[Below] = field(default_factory=list)
    below_total: int = 0
    people: list[Person] = field(default_factory=list)
    people_total: int = 0

    @property
    def assets_total(self) -> int:
        return sum(self.overview.values())


def around(account: Account, reader: User, *, with_people: bool) -> Surroundings:
    """The caller has checked that the reader may see the account, and whether its people, too."""
    parts = [*_statuses(account, reader), _below(account, reader)]
    if with_people:
        parts.append(_people(account, reader))
    rows: dict[str, list[Row]] = {"statuses": [], "below": [], "people": []}
    for row in db.session.execute(union_all(*parts)):
        rows[row.part].append(row)
    return Surroundings(
        {SyncStatus(row.word): row.number for row in rows["statuses"] if row.number},
        sorted((_as_below(row) for row in rows["below"]), key=lambda each: (fold(each.name), each.id)),
        max((row.total for row in rows["below"]), default=0),
        sorted((_as_person(row) for row in rows["people"]), key=lambda each: (fold(each.name), each.id)),
        max((row.total for row in rows["people"]), default=0),
    )


def _as_below(row: Row) -> Below:
    return Below(row.id, row.name, row.number, row.disabled_at is not None)


def _as_person(row: Row) -> Person:
    has_password = row.number > 0
    return Person(row.id, row.name, row.detail, row.word, row.at, row.disabled_at is not None, has_password)


def _statuses(account: Account, reader: User) -> list[Select]:
    active = access.visible_asset_ids(reader).where(
        access.in_tree_of(account, Asset.branch_id, Asset.account_id), Asset.lifecycle == Lifecycle.ACTIVE
    )
    return [
        _columns("statuses", word=literal(status.value), number=_capped(active.where(Asset.sync_status == status)))
        for status in SyncStatus
    ]


def _below(account: Account, reader: User) -> Select:
    """A partner's assets are those of its branch, a customer's its own."""
    child = aliased(
        Account,
        access.visible_accounts(reader)
        .where(Account.parent_id == account.id)
        .order_by(Account.name_key, Account.id)
        .limit(SHOWN_BELOW)
        .subquery(),
    )
    column = Asset.branch_id if account.is_distributor else Asset.account_id
    active = select(Asset.id).where(column == child.id, Asset.lifecycle == Lifecycle.ACTIVE).correlate(child)
    assets = _capped(active)
    total = select(func.count()).select_from(
        access.visible_accounts(reader).where(Account.parent_id == account.id).with_only_columns(Account.id).subquery()
    )
    return _columns(
        "below", id=child.id, name=child.name, number=assets, total=total.scalar_subquery(),
        disabled_at=child.disabled_at,
    )  # fmt: skip


def _people(account: Account, reader: User) -> Select:
    mine = access.visible_users(reader).where(User.account_id == account.id)
    shown = mine.with_only_columns(User).order_by(User.name, User.id).limit(SHOWN_PEOPLE).subquery()
    total = select(func.count()).select_from(mine.with_only_columns(User.id).subquery())
    return _columns(
        "people", id=shown.c.id, name=shown.c.name, detail=shown.c.email,
        word=cast(shown.c.role, String), number=func.length(func.coalesce(shown.c.password_hash, "")),
        total=total.scalar_subquery(), at=shown.c.signed_in_at, disabled_at=shown.c.disabled_at,
    )  # fmt: skip


def _capped(rows: Select) -> ScalarSelect[int]:
    return select(func.count()).select_from(first(rows, CAP + 1).subquery()).scalar_subquery()


def _columns(part: str, **given) -> Select:
    """All parts have the same columns, of the same types."""
    empty = {
        "id": literal(0), "name": cast(null(), String), "detail": cast(null(), String),
        "word": cast(null(), String), "number": literal(0), "total": literal(0), "at": cast(null(), UTCDateTime),
        "disabled_at": cast(null(), UTCDateTime),
    }  # fmt: skip
    return select(literal(part).label("part"), *(given.get(name, blank).label(name) for name, blank in empty.items()))
