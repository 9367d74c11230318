"""What a run found, for a command. Whoever may run commands sees everything."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Finding, FindingKind, FindingState, ReconciliationRun, ReconciliationState, ShownCoupon
from portal.models.reconciliation import WAITING

MOST = 500
OF_COUPONS = frozenset(FindingKind) - {FindingKind.FOREIGN, FindingKind.NO_CODE}
"""Kinds that say that a coupon is not accounted for."""


@dataclass(frozen=True)
class Result:
    kind: FindingKind
    state: FindingState
    asset_id: int | None
    reference: str | None
    bittitan_id: str | None
    differences: list
    refusal: str | None


def fresh(run_id: int) -> ReconciliationRun:
    db.session.commit()
    return db.session.get_one(ReconciliationRun, run_id, populate_existing=True)


def has_ended(run: ReconciliationRun) -> bool:
    """And nothing that was decided in it is still to be carried out."""
    chosen = select(Finding.id).where(Finding.run_id == run.id, Finding.state == FindingState.CHOSEN).limit(1)
    return not run.is_moving and db.session.scalar(chosen) is None


def counts(run: ReconciliationRun) -> dict[FindingState, Counter[FindingKind]]:
    numbers: dict[FindingState, Counter[FindingKind]] = {state: Counter() for state in FindingState}
    rows = select(Finding.state, Finding.kind, func.count()).where(*_told(run)).group_by(Finding.state, Finding.kind)
    for state, kind, number in db.session.execute(rows):
        numbers[state][kind] = number
    return numbers


def waiting(run: ReconciliationRun, kinds: Collection[FindingKind] = FindingKind) -> list[Result]:
    """The first of these kinds that nobody has dealt with."""
    columns = (Finding.kind, Finding.state, Finding.asset_id, ShownCoupon.reference, ShownCoupon.bittitan_id)
    rows = select(*columns, Finding.differences, Finding.refusal).where(*_told(run))
    rows = rows.where(Finding.state.in_(WAITING), Finding.kind.in_(kinds))
    rows = rows.outerjoin(ShownCoupon, ShownCoupon.id == Finding.shown_id).order_by(Finding.kind, Finding.id)
    return [Result(*row) for row in db.session.execute(rows.limit(MOST))]


def last_id(run: ReconciliationRun) -> int:
    return db.session.scalar(select(func.max(Finding.id)).where(*_told(run))) or 0


def _told(run: ReconciliationRun) -> tuple:
    """A run that has not ended, or not completely, tells nothing."""
    return (Finding.run_id == (run.id if run.state is ReconciliationState.DONE else 0),)
