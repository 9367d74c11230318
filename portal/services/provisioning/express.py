"""T2 and T3 of purchases with which all is well, many at a time in a few statements (docs/concepts/provisioning.md).

Nothing is decided here but that a case is plain: nothing holds purchases, the attempt waits or is being sent as it was
when it was begun, the coupon is new and just what was asked for. Any other case is left out, and taken through the
whole protocol alone (services/provisioning, outcomes.py, settling.py).

What somebody else has locked is left out, too: who holds several rows waits for nobody, as the first of them is the
connection's.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import CursorResult, Row, bindparam, exists, func, insert, select, update

from portal.core import audit, clock
from portal.core.transaction import lock, transaction
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
from portal.providers.base import CouponOrder, Deadline, Issued, IssuedCoupon
from portal.services import metrics
from portal.services.coupons import coupon_rows
from portal.services.provisioning import lookups
from portal.services.vendor import breaker, exchanges

log = logging.getLogger(__name__)

from portal.core.audit import WORKER  # noqa


@dataclass(frozen=True)
class Send:
    """Its intent is committed before anybody uses it."""

    attempt: Row
    """As it was when it was begun."""
    number: int
    order: CouponOrder
    deadline: Deadline
    mark: tuple[str | None, int]
    """How many sends this database has begun, for the mark beside it."""


@dataclass(frozen=True, eq=False)  # two answers to one send are two
class Bought:
    send: Send
    outcome: Issued


Did = TypeVar("Did")


def alone(name: str, write: Callable[[Connection, datetime], list[Did]]) -> Did | None:
    """A transaction for one of them. None: the case is not plain, or it could not be written."""
    try:
        with transaction() as units:
            did = write(lock(Connection, 1), clock.now())
            units += [name] * len(did)
    except Exception:
        log.info("a plain %s could not be written; the whole protocol is asked", name, exc_info=True)
        return None
    return did[0] if did else None


# T2

_ATTEMPTS, _ASSETS, _COUPONS = Attempt.__table__, Asset.__table__, Coupon.__table__
_ids = bindparam("ids", expanding=True)
_RESERVED = (
    select(
        *_ATTEMPTS.c["id", "asset_id", "number", "payload", "send_number", "looked_first_at"],
        _ASSETS.c.created_at.label("ordered_at"),
    )
    .join_from(_ATTEMPTS, _ASSETS, _ASSETS.c.id == _ATTEMPTS.c.asset_id)
    .where(_ATTEMPTS.c.id.in_(_ids), _ATTEMPTS.c.state == AttemptState.RESERVED)
    .where(_ATTEMPTS.c.next_at.is_(None) | (_ATTEMPTS.c.next_at <= bindparam("now", type_=_ATTEMPTS.c.next_at.type)))
    .with_for_update(of=_ATTEMPTS, skip_locked=True)
)
_BEGIN = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("its_id"), _ATTEMPTS.c.state == AttemptState.RESERVED)
    .values(
        state=AttemptState.SENDING,
        send_number=_ATTEMPTS.c.send_number + 1,
        lease_until=bindparam("lease", type_=_ATTEMPTS.c.lease_until.type),
        next_at=bindparam("lease", type_=_ATTEMPTS.c.next_at.type),
        last_sent_at=bindparam("now", type_=_ATTEMPTS.c.last_sent_at.type),
        first_sent_at=func.coalesce(_ATTEMPTS.c.first_sent_at, bindparam("now", type_=_ATTEMPTS.c.first_sent_at.type)),
    )
)


def begin(attempt_ids: list[int], row: Connection, now: datetime, deadline: Deadline) -> list[Send]:
    """Inside a transaction that holds the connection's row: those that are plain."""
    execute = db.session.connection().execute
    reserved = execute(_RESERVED, {"ids": attempt_ids, "now": now}).all()
    waiting = [each for each in reserved if not lookups.must_look_first(each, now, ordered_at=each.ordered_at)]
    going = waiting[: breaker.admit_plain(row, now, len(waiting))] if waiting else []
    if not going:
        return []
    lease = now + timedelta(seconds=settings().provisioning.lease)
    _count(execute(_BEGIN, [{"its_id": each.id, "lease": lease, "now": now} for each in going]), going)
    mark = (row.instance_id, row.sends)
    return [
        Send(each, each.send_number + 1, lookups.order_of(each, lease, row.organization_id), deadline, mark)
        for each in going
    ]


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
        ~exists().where(_COUPONS.c.asset_id == _ASSETS.c.id, _COUPONS.c.standing == CouponStanding.REVIEW),
    )
    .with_for_update(skip_locked=True)
)
_SUCCEEDED = AttemptState.SUCCEEDED.value
_SUCCEED = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("its_id"), _ATTEMPTS.c.state == AttemptState.SENDING)
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


def record(bought: list[Bought], row: Connection, now: datetime) -> list[Bought]:
    """Inside a transaction that holds the connection's row: those that are plain. Fails where a code stands
    somewhere."""
    execute = db.session.connection().execute
    found = execute(_SENDING, {"ids": [each.send.attempt.id for each in bought]})
    sent = {each.id: each for each in found}
    pairs = [(each, sent[each.send.attempt.id]) for each in bought if _is_plain(each, sent)]
    if not pairs or not breaker.note_plain(row, now):
        return []
    _count(execute(_SUCCEED, [{"its_id": found.id, "now": now} for _, found in pairs]), pairs)
    _count(execute(_SYNCHRONIZE, [_asset_row(*pair) for pair in pairs]), pairs)
    execute(insert(_COUPONS), [_coupon_row(*pair, now) for pair in pairs])
    execute(insert(Exchange.__table__), [_exchange_row(each) for each, _ in pairs])
    execute(insert(AuditEntry.__table__), [entry for pair in pairs for entry in _entries(*pair, now)])
    times = [each.outcome.trace.milliseconds for each, _ in pairs]
    metrics.increment_all((ExchangeKind.SEND.value, "issued", times), ("attempt", _SUCCEEDED, [None] * len(pairs)))
    return [each for each, _ in pairs]


def _is_plain(bought: Bought, sent: dict[int, Row]) -> bool:
    """This very send is open, nothing that was typed waits, and the coupon's days are the asset's own."""
    send, coupon = bought.send, _coupon(bought)
    row = sent.get(send.attempt.id)
    if row is None or (row.payload, row.send_number) != (send.attempt.payload, send.number):
        return False
    own = {"expire_days": row.expire_days, "validity_days": row.validity_days}
    is_as_it_is = coupon_rows.days_of(coupon.created, coupon.expires, coupon.validity_days) == own
    return is_as_it_is and row.redeem_by == clock.day_of(coupon.expires) and not row.staged.keys() - own.keys()


def _coupon(bought: Bought) -> IssuedCoupon:
    return bought.outcome.coupon


def _asset_row(bought: Bought, row: Row) -> dict[str, object]:
    return {"its_id": row.asset_id, "seen": row.version, "issued": _coupon(bought).created}


def _coupon_row(bought: Bought, row: Row, now: datetime) -> dict[str, object]:
    coupon = _coupon(bought)
    return {
        "code": coupon.code, "asset_id": row.asset_id, "standing": CouponStanding.RECORDED, "recorded_at": now,
        "attempt_number": row.number, "is_verified": True, "confirm_at": now + coupon_rows.CONFIRM_AFTER,
        **coupon_rows.facts(coupon, now),
    }  # fmt: skip


def _exchange_row(bought: Bought) -> dict[str, object]:
    exchange = ExchangeKind.SEND, bought.outcome.trace, "issued", None, bought.send.number
    return exchanges.exchange_row(bought.send.attempt.id, *exchange)


def _entries(bought: Bought, row: Row, now: datetime) -> list[dict[str, object]]:
    moved = {"before": SyncStatus.SYNCHRONIZING, "after": SyncStatus.SYNCHRONIZED}
    code = {"after": f"•••• {mask(_coupon(bought).code)}"}
    its = {"by": WORKER, "at": now}
    return [
        audit.entry("asset", row.asset_id, "sync", field="code", **code, **its),
        audit.entry("asset", row.asset_id, "sync", field="sync_status", **moved, **its),
    ]


def _count(result: CursorResult, pairs: list) -> None:
    if result.rowcount != len(pairs):
        raise RuntimeError("an attempt or asset moved under a lock")
