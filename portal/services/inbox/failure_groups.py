"""Failed assets by cause, and those of one cause by payer. Each is one statement, over at most CAP of them.

The statements are kept (`core/statement_cache.py`): building one took 5 ms of CPU. Both read an index alone.
"""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, Subquery, bindparam, func, select

from portal.core import access
from portal.core.statement_cache import cached_statement
from portal.core.viewer import Viewer
from portal.extensions import db
from portal.models import Account, Asset, Attempt, AttemptState, User
from portal.models.asset import IS_FAILED
from portal.services.lists import CAP, totals
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


def groups(viewer: User) -> FailureGroups:
    """Of all failed assets that are not cancelled."""
    statement, values = _by_cause(Viewer.of(viewer), CAP)
    by_cause: dict[str, FailureGroup] = {}
    total = Sum()
    for row in db.session.execute(statement, values):
        group = by_cause.setdefault(row.cause, FailureGroup(row.cause))
        group.state = group.state or row.state
        for each in (total, group.sum):
            each.add(row)
    rows = sorted(by_cause.values(), key=lambda group: (-group.sum.count, group.cause))
    return FailureGroups(rows, total, total.count > CAP)


def of_cause(viewer: User, cause: str, most: int) -> Failures:
    """With at most so many payers."""
    statement, values = _by_payer(Viewer.of(viewer), CAP)
    rows = db.session.execute(statement, values | {"cause": cause}).all()
    counts: Counter[int] = Counter()
    for row in rows:
        counts[row.payer_id] += row.count
    shown = sorted(counts, key=lambda payer_id: (-counts[payer_id], payer_id))[:most]
    group, sums, newest = FailureGroup(cause), {each: Sum() for each in shown}, dict.fromkeys(shown, 0)
    for row in rows:
        group.sum.add(row)
        if row.payer_id in sums:
            sums[row.payer_id].add(row)
            newest[row.payer_id] = max(newest[row.payer_id], row.newest or 0)
    accounts, attempts = _by_id(Account, shown), _by_id(Attempt, list(newest.values()))
    group.state = attempts[max(attempts)].state if attempts else None
    payers = [Payer(accounts[each], sums[each], attempts.get(newest[each])) for each in shown]
    payers.sort(key=lambda payer: (-payer.sum.count, payer.account.name_sort))
    return Failures(group, payers, len(counts) - len(payers), group.sum.count > CAP)


def _by_id(model: type, ids: list[int]) -> dict:
    rows = db.session.scalars(select(model).where(model.id.in_([each for each in ids if each])))
    return {row.id: row for row in rows}


@cached_statement
def _by_cause(viewer: Viewer, cap: int) -> Select:
    """With the state of the newest attempt of each cause."""
    failed = _failed(viewer, cap)
    sums = select(failed.c.cause, *_sums(failed)).group_by(failed.c.cause, failed.c.currency).subquery()
    return select(sums, Attempt.state).outerjoin(Attempt, Attempt.id == sums.c.newest)


@cached_statement
def _by_payer(viewer: Viewer, cap: int) -> Select:
    failed = _failed(viewer, cap, Asset.last_cause == bindparam("cause"))
    return select(failed.c.payer_id, *_sums(failed)).group_by(failed.c.payer_id, failed.c.currency)


def _sums(failed: Subquery) -> tuple[ColumnElement, ...]:
    newest, since = func.max(failed.c.last_attempt_id), func.min(failed.c.waits_since)
    return newest.label("newest"), since.label("since"), *totals.columns(failed.c)


def _failed(viewer: Viewer, cap: int, *conditions: ColumnElement[bool]) -> Subquery:
    rows = (
        access.visible_asset_ids(viewer)
        .where(IS_FAILED, *conditions)
        .with_only_columns(
            Asset.billed_account_id.label("payer_id"), Asset.currency, Asset.unit_price, Asset.quantity,
            Asset.last_cause.label("cause"), Asset.last_attempt_id, Asset.waits_since,
        )
        .order_by(Asset.purchased_on, Asset.id)
    )  # fmt: skip
    return rows.limit(cap + 1).subquery()
