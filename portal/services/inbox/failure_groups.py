"""Failed assets by cause, and those of one cause by payer. Each is one statement, over at most CAP of them.

The statements are kept (`core/statement_cache.py`): building one took 5 ms of CPU. Both read indexes alone.
"""

from dataclasses import dataclass, field

from sqlalchemy import Select, Subquery, and_, bindparam, case, func, select

from portal.core import access
from portal.core.statement_cache import cached_statement
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Account, Asset, Attempt, AttemptState, User
from portal.models.asset import IS_FAILED
from portal.models.attempt import HAS_FAILED
from portal.services.lists import CAP, totals
from portal.services.lists.list_filters import NO_ATTEMPT, NO_CAUSE
from portal.services.lists.totals import Sum


@dataclass
class FailureGroup:
    cause: str
    state: AttemptState | None = None
    """How the attempts of its assets ended; None if there were none."""
    sum: Sum = field(default_factory=Sum)


@dataclass(frozen=True)
class FailureGroups:
    rows: list[FailureGroup]
    """Groups with the most assets first."""
    sum: Sum
    is_capped: bool
    """There are more failed assets; these are the CAP that were bought first."""


@dataclass
class Payer:
    account: Account
    sum: Sum
    newest: Attempt | None
    """The newest attempt that failed for this cause; None if nothing was sent."""

    @property
    def is_mended(self) -> bool:
        """Whether the account was looked up at BitTitan after its newest attempt was refused."""
        at = self.account.is_synchronized and self.account.synchronized_at
        return bool(at and (self.newest is None or self.newest.settled_at is None or at > self.newest.settled_at))


@dataclass(frozen=True)
class Failures:
    """Those of one cause."""

    group: FailureGroup
    payers: list[Payer]
    """The first of them, by number of assets."""
    more: int
    """Further payers."""
    is_capped: bool


_WHY = case((Asset.attempts_made == 0, NO_ATTEMPT), else_=func.coalesce(Attempt.cause, NO_CAUSE))


def groups(viewer: User) -> FailureGroups:
    """Of all failed assets that are not cancelled."""
    statement, values = _by_cause(Viewer.of(viewer), CAP)
    by_cause: dict[str, FailureGroup] = {}
    total = Sum()
    for row in db.session.execute(statement, values):
        group = by_cause.setdefault(row.cause, FailureGroup(row.cause))
        group.state = group.state or (AttemptState(row.state) if row.state else None)
        for each in (total, group.sum):
            each.add(row)
    rows = sorted(by_cause.values(), key=lambda group: (-group.sum.count, group.cause))
    return FailureGroups(rows, total, total.count > CAP)


def of_cause(viewer: User, cause: str, most: int) -> Failures:
    """With at most so many payers."""
    statement, values = _by_payer(Viewer.of(viewer), CAP)
    group, sums, newest = FailureGroup(cause), {}, {}
    for row in db.session.execute(statement, values | {"cause": cause}):
        group.state = group.state or (AttemptState(row.state) if row.state else None)
        newest[row.payer_id] = max(newest.get(row.payer_id) or 0, row.newest or 0)
        for each in (group.sum, sums.setdefault(row.payer_id, Sum())):
            each.add(row)
    shown = sorted(sums, key=lambda payer_id: (-sums[payer_id].count, payer_id))[:most]
    accounts = _by_id(Account, shown)
    attempts = _by_id(Attempt, [newest[payer_id] for payer_id in shown])
    payers = [Payer(accounts[each], sums[each], attempts.get(newest[each])) for each in shown]
    payers.sort(key=lambda payer: (-payer.sum.count, payer.account.name_sort))
    return Failures(group, payers, len(sums) - len(payers), group.sum.count > CAP)


def _by_id(model: type, ids: list[int]) -> dict:
    rows = db.session.scalars(select(model).where(model.id.in_([each for each in ids if each])))
    return {row.id: row for row in rows}


@cached_statement
def _by_cause(viewer: Viewer, cap: int) -> Select:
    failed = _failed(viewer, cap)
    columns = (failed.c.cause, func.max(failed.c.state).label("state"), func.min(failed.c.since).label("since"))
    return select(*columns, *totals.columns(failed.c)).group_by(failed.c.cause, failed.c.currency)


@cached_statement
def _by_payer(viewer: Viewer, cap: int) -> Select:
    failed = _failed(viewer, cap, _WHY == bindparam("cause"))
    columns = (failed.c.payer_id, func.max(failed.c.state).label("state"), func.min(failed.c.since).label("since"))
    newest = func.max(failed.c.attempt_id).label("newest")
    return select(*columns, newest, *totals.columns(failed.c)).group_by(failed.c.payer_id, failed.c.currency)


def _failed(viewer: Viewer, cap: int, *conditions) -> Subquery:
    since = func.coalesce(Attempt.settled_at, Attempt.requested_at, Asset.created_at)
    # `+ 0` keeps SQLite from looking for each of the three states by itself: 4 instead of 8 ms for 10,000 assets.
    is_last = and_(Attempt.asset_id == Asset.id, Attempt.number + 0 == Asset.attempts_made, HAS_FAILED)
    rows = (
        access.visible_asset_ids(viewer)
        .outerjoin(Attempt, is_last)
        .where(IS_FAILED, *conditions)
        .with_only_columns(
            Asset.billed_account_id.label("payer_id"), Asset.currency, Asset.unit_price, Asset.quantity,
            _WHY.label("cause"), Attempt.state.label("state"), Attempt.id.label("attempt_id"), since.label("since"),
        )
        .order_by(Asset.purchased_on, Asset.id)
    )  # fmt: skip
    return rows.limit(cap + 1).subquery()
