"""Differences that were settled outside of the comparison: a look-up recorded the coupon, somebody attached the code on
the page of the asset or corrected it there, a later comparison was decided. They close themselves.

What a comparison looked at is looked at again, by kind. Only what is certain closes a difference: that its asset was
changed is no reason. Its receipt names who did it, and when, from the audit log.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, null, or_, select

from portal.core import audit, clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Asset,
    Attempt,
    AuditEntry,
    Coupon,
    CouponStanding,
    Finding,
    FindingKind,
    FindingState,
    Lifecycle,
    ReconciliationRun,
    ReconciliationState,
    ShownCoupon,
    SyncStatus,
)
from portal.services.lists.join_hints import Apart
from portal.services.reconciliation.applying import choosing
from portal.services.reconciliation.matching import records, shown
from portal.services.reconciliation.matching.finding_rows import Draft

ACT = "settled"
"""In the audit log."""
AT_ONCE = 200
_SHOWN = ShownCoupon.__table__
Kind = FindingKind
Look = Callable[..., list["Settled"]]
"""After a finding's id, and only among these ids."""
_WAITS = (FindingState.OPEN, FindingState.REFUSED)
_COMPARED = ("code", "id", "sync_status", "lifecycle", "quantity", "redeem_by", "content", "at_bittitan")
"""Fields of the audit log that can settle a difference."""


@dataclass(frozen=True)
class Settled:
    finding_id: int
    coupon_id: int | None
    asset_id: int | None
    """By which the difference was settled."""


def close() -> int:
    """Returns how many were closed."""
    number = 0
    for look in (_recorded, _with_code, _known_again, _agreeing):
        last = 0
        while ids := [row.finding_id for row in look(last)]:
            with transaction():
                number += _close(look, ids)
            last = ids[-1]
    return number


def close_recorded(finding_id: int) -> int:
    """Inside a transaction. Closes it if its coupon is on record by now."""
    return _close(_recorded, [finding_id])


def _close(look: Look, ids: Sequence[int]) -> int:
    """Inside a transaction. A person who decides about one of them at this moment comes first."""
    free = select(Finding.id).where(Finding.id.in_(ids)).with_for_update(of=Finding, skip_locked=True)
    found = look(0, list(db.session.scalars(free)))
    for row in found:
        _write(row)
    return len(found)


def _write(row: Settled) -> None:
    """Inside a transaction that holds the finding."""
    finding = db.session.get(Finding, row.finding_id, populate_existing=True)
    began_at = db.session.get_one(ReconciliationRun, finding.run_id).made_at
    cause, now = _cause(row, began_at), clock.now()
    finding.state, finding.act, finding.version = FindingState.DONE, None, finding.version + 1
    finding.decided_by_id, finding.why = _who(cause, row.asset_id, began_at), cause and cause.why
    finding.decided_at, finding.ended_at, finding.refusal = cause.at if cause else now, now, None
    finding.target_id = row.asset_id if finding.kind is Kind.FOREIGN else None
    audit.record(
        choosing.SUBJECT, finding.id, ACT, by=audit.WORKER, field=cause and cause.act,
        before=cause and (cause.via or cause.actor), after=finding.kind.value, why=finding.why,
    )  # fmt: skip


def _who(cause: AuditEntry | None, asset_id: int | None, since: datetime) -> int | None:
    """Where the worker did it, whoever asked since the comparison: who had bought it long ago decided nothing."""
    if cause is not None and cause.via is None and cause.actor_id is not None or asset_id is None:
        return cause and cause.actor_id
    asked = select(Attempt.requested_by_id).where(Attempt.asset_id == asset_id, Attempt.requested_at >= since)
    return db.session.scalar(asked.order_by(Attempt.number.desc()).limit(1))


def _cause(row: Settled, since: datetime) -> AuditEntry | None:
    """The newest change of what a comparison looks at."""
    subjects = (("asset", row.asset_id), ("coupon", row.coupon_id))
    found = [_newest(*each, since) for each in subjects if each[1] is not None]
    return max((entry for entry in found if entry is not None), key=lambda entry: entry.id, default=None)


def _newest(subject: str, subject_id: int, since: datetime) -> AuditEntry | None:
    is_its_own = (AuditEntry.subject == subject, AuditEntry.subject_id == subject_id, AuditEntry.at >= since)
    rows = select(AuditEntry).where(*is_its_own, AuditEntry.field.in_(_COMPARED))
    return db.session.scalar(rows.order_by(AuditEntry.id.desc()).limit(1))


def _recorded(after: int, ids: Sequence[int] | None = None) -> list[Settled]:
    """A coupon that was not on record, and is by now."""
    is_same = or_(
        Coupon.bittitan_id.is_(None), ShownCoupon.bittitan_id.is_(None), Coupon.bittitan_id == ShownCoupon.bittitan_id
    )
    rows = select(Finding.id, Coupon.id, Coupon.asset_id).join(ShownCoupon, ShownCoupon.id == Finding.shown_id)
    rows = rows.join(Coupon, Coupon.code == ShownCoupon.code)
    rows = rows.where(Coupon.standing != CouponStanding.WITHDRAWN, is_same)
    return _read(rows, (Kind.UNRECORDED, Kind.DUPLICATE, Kind.FOREIGN), after, ids)


def _with_code(after: int, ids: Sequence[int] | None = None) -> list[Settled]:
    """An asset that had no code, and has one by now, or is cancelled."""
    is_settled = Apart(or_(Asset.sync_status == SyncStatus.SYNCHRONIZED, Asset.lifecycle == Lifecycle.CANCELLED))
    rows = select(Finding.id, null(), Asset.id).join(Asset, Asset.id == Finding.asset_id).where(is_settled)
    return _read(rows, (Kind.NO_CODE,), after, ids)


def _known_again(after: int, ids: Sequence[int] | None = None) -> list[Settled]:
    """A code that BitTitan did not know: it shows it again, a person says what became of it, or it is withdrawn."""
    began_at = ReconciliationRun.made_at
    is_settled = or_(
        Coupon.standing == CouponStanding.WITHDRAWN,
        Coupon.stated_at > began_at,
        Coupon.absent_at.is_(None) & (Coupon.read_at > began_at),
    )
    rows = select(Finding.id, Coupon.id, Finding.asset_id).join(Coupon, Coupon.id == Finding.coupon_id)
    rows = rows.join(ReconciliationRun, ReconciliationRun.id == Finding.run_id).where(is_settled)
    return _read(rows, (Kind.NOT_LISTED, Kind.UNVERIFIED), after, ids)


def _agreeing(after: int, ids: Sequence[int] | None = None) -> list[Settled]:
    """A record that was otherwise than BitTitan shows it. Compared again only where something was changed."""
    is_changed = or_(
        Finding.asset_id.is_(None),
        Finding.asset_id.is_distinct_from(Coupon.asset_id),
        Finding.asset_version.is_distinct_from(Asset.version),
    )
    rows = select(Finding.id, Coupon.id, Coupon.asset_id).join(Coupon, Coupon.id == Finding.coupon_id)
    rows = rows.outerjoin(Asset, Asset.id == Finding.asset_id).where(is_changed)
    while some := _read(rows, (Kind.DIFFERS, Kind.TWO_RECORDS), after, ids):
        if found := [row for row in some if _agrees(row)]:
            return found
        after = some[-1].finding_id
    return []


def _agrees(row: Settled) -> bool:
    """By the rules of the comparison itself. A withdrawn code is no record any more."""
    if db.session.get_one(Coupon, row.coupon_id, populate_existing=True).standing is CouponStanding.WITHDRAWN:
        return True
    finding = db.session.get_one(Finding, row.finding_id)
    run = db.session.get_one(ReconciliationRun, finding.run_id)
    coupon = db.session.execute(select(*_SHOWN.c).where(_SHOWN.c.id == finding.shown_id)).one()
    result = shown.judge(run, coupon, records.read(run, [coupon]))
    if isinstance(result, Draft):
        return (finding.kind, result.kind) == (Kind.TWO_RECORDS, Kind.DIFFERS)
    return isinstance(result, Row)


def _read(rows: Select, kinds: Sequence[FindingKind], after: int, ids: Sequence[int] | None) -> list[Settled]:
    """A run that has not ended, or not completely, has told nothing."""
    told = select(ReconciliationRun.id).where(ReconciliationRun.state == ReconciliationState.DONE)
    waits = (Finding.state.in_(_WAITS), Finding.kind.in_(kinds), Finding.run_id.in_(told), Finding.id > after)
    rows = rows.where(*waits).order_by(Finding.id).limit(AT_ONCE)
    if ids is not None:
        rows = rows.where(Finding.id.in_(ids))
    return [Settled(*row) for row in db.session.execute(rows)]
