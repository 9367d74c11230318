"""T2 and T3 of purchases with which all is well, many at a time in a few statements (design §3).

Nothing is decided here but that a case is plain: nothing holds purchases, the attempt waits or is being sent as it was
when this thread saw it, the coupon is new and just what was asked for. Any other case is left out, and its thread takes
it through the whole protocol alone (services/provisioning, outcomes.py, settling.py).

What somebody else has locked is left out, too: who holds several rows waits for nobody but at the connection's row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Result, Row, bindparam, func, insert, select, update

from portal.extensions import db, settings
from portal.models import (
    Asset,
    Attempt,
    AttemptState,
    AuditEntry,
    Connection,
    Coupon,
    CouponStanding,
    Exchange,
    ExchangeKind,
    Lifecycle,
    SyncStatus,
)
from portal.models.coupon import mask
from portal.providers.base import Issued, IssuedCoupon
from portal.services import audit, clock, unit
from portal.services.monitoring import tallies
from portal.services.provisioning import breaker, exchanges, settling, together

WORKER = "worker"


@dataclass(frozen=True)
class Begun:
    """A send whose intent is committed."""

    number: int
    lease_until: datetime
    seller_id: str
    mark: tuple[str | None, int]
    """How many sends this database has begun, for the mark beside it."""


@dataclass(frozen=True, eq=False)  # two threads with one attempt are two
class _Waiting:
    attempt_id: int
    payload: str


@dataclass(frozen=True, eq=False)
class _Answer:
    attempt_id: int
    payload: str
    send_number: int
    outcome: Issued


def begin(attempt_id: int, payload: str) -> Begun | None:
    """T2. None: nothing was written, the case is not plain."""
    return together.join("T2", _begin, _Waiting(attempt_id, payload))


def record(attempt_id: int, payload: str, send_number: int, outcome: Issued) -> bool:
    """T3. False: nothing was written, the case is not plain."""
    return together.join("T3", _record, _Answer(attempt_id, payload, send_number, outcome)) is not None


# T2

_ATTEMPTS, _ASSETS, _COUPONS = Attempt.__table__, Asset.__table__, Coupon.__table__
_ids = bindparam("ids", expanding=True)
_reserved = (_ATTEMPTS.c.id.in_(_ids), _ATTEMPTS.c.state == AttemptState.RESERVED)
_BEGIN = (
    update(_ATTEMPTS)
    .where(*_reserved, _ATTEMPTS.c.id.in_(select(_ATTEMPTS.c.id).where(*_reserved).with_for_update(skip_locked=True)))
    .values(
        state=AttemptState.SENDING,
        send_number=_ATTEMPTS.c.send_number + 1,
        lease_until=bindparam("lease", type_=_ATTEMPTS.c.lease_until.type),
        next_at=bindparam("lease", type_=_ATTEMPTS.c.next_at.type),
        last_sent_at=bindparam("now", type_=_ATTEMPTS.c.last_sent_at.type),
        first_sent_at=func.coalesce(_ATTEMPTS.c.first_sent_at, bindparam("now", type_=_ATTEMPTS.c.first_sent_at.type)),
    )
    .returning(_ATTEMPTS.c.id, _ATTEMPTS.c.payload, _ATTEMPTS.c.send_number)
)


def _begin(waiting: list[_Waiting]) -> dict[_Waiting, Begun]:
    row, now = unit.fresh(Connection, 1), clock.now()
    going = {job.attempt_id: job for job in waiting[: breaker.admit_plain(row, now, len(waiting))]}
    if not going:
        return {}
    lease_until = now + timedelta(seconds=settings().provisioning.lease)
    begun = _execute(_BEGIN, ids=list(going), lease=lease_until, now=now).all()
    if any(each.payload != going[each.id].payload for each in begun):
        raise RuntimeError("an attempt is not what it was: the database was replaced")
    row.sends += len(begun)
    mark = (row.birth, row.sends)
    return {going[each.id]: Begun(each.send_number, lease_until, row.organization_id, mark) for each in begun}


# T3

_SENDING = (
    select(
        *_ATTEMPTS.c["id", "asset_id", "number", "payload", "staged", "send_number"],
        *_ASSETS.c["version", "expire_days", "validity_days", "redeem_by"],
    )
    .join_from(
        _ATTEMPTS, _ASSETS, (_ASSETS.c.id == _ATTEMPTS.c.asset_id) & (_ASSETS.c.attempts_made == _ATTEMPTS.c.number)
    )
    .where(
        _ATTEMPTS.c.id.in_(_ids),
        _ATTEMPTS.c.state == AttemptState.SENDING,
        _ASSETS.c.sync_status == SyncStatus.SYNCHRONIZING,
        _ASSETS.c.lifecycle == Lifecycle.ACTIVE,
    )
    .with_for_update(skip_locked=True)
)
_is_kept = _COUPONS.c.asset_id.in_(bindparam("asset_ids", expanding=True)) & (
    _COUPONS.c.standing == CouponStanding.REVIEW
)
_IN_THE_WAY = (
    select(_COUPONS.c.id)
    .where(
        _COUPONS.c.code.in_(bindparam("codes", expanding=True))
        | _COUPONS.c.bittitan_id.in_(bindparam("coupon_ids", expanding=True))
        | _is_kept
    )
    .limit(1)
)
_SUCCEED = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id.in_(_ids), _ATTEMPTS.c.state == AttemptState.SENDING)
    .values(
        state=AttemptState.SUCCEEDED,
        settled_at=bindparam("now", type_=_ATTEMPTS.c.settled_at.type),
        lease_until=None,
        next_at=None,
        cause=None,
        message=None,
    )
)
_SYNCHRONIZE = (
    update(_ASSETS)
    .where(_ASSETS.c.id == bindparam("its_id"), _ASSETS.c.version == bindparam("seen"))
    .values(
        sync_status=SyncStatus.SYNCHRONIZED,
        version=_ASSETS.c.version + 1,
        issued_at=bindparam("issued", type_=_ASSETS.c.issued_at.type),
    )
)


def _record(answers: list[_Answer]) -> dict[_Answer, bool]:
    now = clock.now()
    sent = {row.id: row for row in _execute(_SENDING, ids=[each.attempt_id for each in answers])}
    bought = {each.attempt_id: (each, sent[each.attempt_id]) for each in answers if _is_plain(each, sent)}
    pairs = list(bought.values())
    if not pairs or _is_any_known(pairs) or not breaker.note_plain(now):
        return {}
    _count(_execute(_SUCCEED, ids=list(bought), now=now), pairs)
    assets = [{"its_id": row.asset_id, "seen": row.version, "issued": _coupon(each).created} for each, row in pairs]
    _count(_execute_each(_SYNCHRONIZE, assets), pairs)
    _execute_each(insert(_COUPONS), [_coupon_row(each, row, now) for each, row in pairs])
    _execute_each(insert(Exchange.__table__), [_exchange_row(each) for each, _ in pairs])
    _execute_each(insert(AuditEntry.__table__), [entry for pair in pairs for entry in _entries(*pair, now)])
    tallies.add_each(ExchangeKind.SEND.value, "issued", [each.outcome.trace.milliseconds for each, _ in pairs])
    tallies.add_each("attempt", AttemptState.SUCCEEDED.value, [None] * len(pairs))
    return {each: True for each, _ in pairs}


def _is_plain(answer: _Answer, sent: dict[int, Row]) -> bool:
    """This very send is open, nothing that was typed waits, and the coupon's days are the asset's own."""
    row, coupon = sent.get(answer.attempt_id), _coupon(answer)
    if row is None or (row.payload, row.send_number) != (answer.payload, answer.send_number):
        return False
    own = {"expire_days": row.expire_days, "validity_days": row.validity_days}
    is_as_it_is = settling.days_of(coupon.created, coupon.expires, coupon.validity_days) == own
    return is_as_it_is and row.redeem_by == clock.day_of(coupon.expires) and not row.staged.keys() - own.keys()


def _is_any_known(pairs: list[tuple[_Answer, Row]]) -> bool:
    coupons = [_coupon(each) for each, _ in pairs]
    codes, coupon_ids = [coupon.code for coupon in coupons], [coupon.id for coupon in coupons]
    asset_ids = [row.asset_id for _, row in pairs]
    return _execute(_IN_THE_WAY, codes=codes, coupon_ids=coupon_ids, asset_ids=asset_ids).first() is not None


def _coupon(answer: _Answer) -> IssuedCoupon:
    return answer.outcome.coupon


def _coupon_row(answer: _Answer, row: Row, now: datetime) -> dict[str, object]:
    coupon = _coupon(answer)
    return {
        "code": coupon.code, "asset_id": row.asset_id, "standing": CouponStanding.RECORDED, "recorded_at": now,
        "attempt_number": row.number, "is_verified": True, **settling.facts(coupon, now),
    }  # fmt: skip


def _exchange_row(answer: _Answer) -> dict[str, object]:
    send = ExchangeKind.SEND, answer.outcome.trace, "issued", None, answer.send_number
    return exchanges.row(answer.attempt_id, *send)


def _entries(answer: _Answer, row: Row, now: datetime) -> list[dict[str, object]]:
    moved = {"before": SyncStatus.SYNCHRONIZING, "after": SyncStatus.SYNCHRONIZED}
    code = {"after": f"•••• {mask(_coupon(answer).code)}"}
    its = {"by": WORKER, "at": now}
    return [
        audit.entry("asset", row.asset_id, "sync", field="code", **code, **its),
        audit.entry("asset", row.asset_id, "sync", field="sync_status", **moved, **its),
    ]


def _execute(statement, **parameters) -> Result:
    return db.session.connection().execute(statement, parameters)


def _execute_each(statement, rows: list[dict[str, object]]) -> Result:
    return db.session.connection().execute(statement, rows)


def _count(result: Result, pairs: list) -> None:
    if result.rowcount != len(pairs):
        raise RuntimeError("an attempt or asset moved under a lock")
