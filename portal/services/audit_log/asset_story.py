"""The whole story of one asset, newest first: the entries of the audit log about it, its order, its invoices and its
coupons; its attempts and each request to BitTitan; and what BitTitan and comparisons said about its code.

What belongs to one asset is found by indexes and sorted. Only the rows of a page are read whole.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, BigInteger, Integer, Row, Select, cast, func, null, select, union_all
from sqlalchemy.orm import contains_eager, joinedload

from portal.core.paging import MAX_ID, Place, Slice, Way, walk
from portal.extensions import db
from portal.models import (
    Asset,
    Attempt,
    AuditEntry,
    Exchange,
    Finding,
    ReconciliationRun,
    StatusCheck,
    User,
)
from portal.services.audit_log.audit_branches import of_asset
from portal.services.lists.join_hints import materialized

_KINDS = ("entry", "attempt", "exchange", "status_check", "finding")


class Part(enum.Enum):
    CHANGES = "changes"
    SALE = "sale"
    """Its order and its invoices."""
    PURCHASE = "purchase"
    ANSWERS = "answers"


@dataclass(frozen=True)
class Event:
    """One of the five; an exchange has its attempt beside it."""

    id: int
    """Its row’s id × the number of kinds + the place of its kind, as rows of two tables may have one id."""
    at: datetime
    entry: AuditEntry | None
    attempt: Attempt | None
    exchange: Exchange | None
    status_check: StatusCheck | None
    finding: Finding | None


def page(asset: Asset, part: Part | None, place: Place) -> Slice:
    """Rows of one event each. One statement."""

    def read(way: Way) -> Sequence[tuple[Event]]:
        few = _happened(asset.id, part)
        rows = way.limited(select(few), few.c.at, few.c.key).subquery()
        found = db.session.execute(_whole(rows).order_by(*way.order(rows.c.at, rows.c.key)))
        return [(_event(row),) for row in found]

    return walk(read, AuditEntry.at, place, descending=True, largest=MAX_ID * len(_KINDS))


def _event(row: Row) -> Event:
    at, key, *things = row
    return Event(key, at, *things)


def _whole(rows) -> Select:
    return (
        select(rows.c.at, rows.c.key, AuditEntry, Attempt, Exchange, StatusCheck, Finding)
        .select_from(rows)
        .outerjoin(AuditEntry, AuditEntry.id == rows.c.entry)
        .outerjoin(Attempt, Attempt.id == rows.c.attempt)
        .outerjoin(Exchange, Exchange.id == rows.c.exchange)
        .outerjoin(StatusCheck, StatusCheck.id == rows.c.status_check)
        .outerjoin(Finding, Finding.id == rows.c.finding)
        .outerjoin(ReconciliationRun, ReconciliationRun.id == Finding.run_id)
        .options(contains_eager(Finding.run))
        .options(*(joinedload(who).lazyload(User.account) for who in (Attempt.requested_by, Attempt.settled_by)))
    )


def _happened(asset_id: int, part: Part | None) -> CTE:
    entries = of_asset(asset_id)
    found = {
        Part.CHANGES: [_keyed(entries[subject], "entry") for subject in ("asset", "coupon")],
        Part.SALE: [_keyed(entries[subject], "entry") for subject in ("order", "invoice")],
        Part.PURCHASE: [_keyed(_attempts(asset_id), "attempt"), _keyed(_exchanges(asset_id), "exchange")],
        Part.ANSWERS: [_keyed(_checks(asset_id), "status_check"), _keyed(_findings(asset_id), "finding")],
    }
    rows = [each for name, selected in found.items() if part in (None, name) for each in selected]
    return materialized(union_all(*rows), "happened")


def _keyed(rows: Select, kind: str) -> Select:
    """`rows` have an id and a time; those of exchanges their attempt, too."""
    found, none = rows.subquery(), cast(null(), Integer)
    key = cast(found.c.id, BigInteger) * len(_KINDS) + _KINDS.index(kind)
    ids = {name: none for name in _KINDS} | {"attempt": found.c.get("attempt", none), kind: found.c.id}
    return select(found.c.at.label("at"), key.label("key"), *(column.label(name) for name, column in ids.items()))


def _attempts(asset_id: int) -> Select:
    return select(Attempt.id, Attempt.requested_at.label("at")).where(Attempt.asset_id == asset_id)


def _exchanges(asset_id: int) -> Select:
    rows = select(Exchange.id, Exchange.at, Attempt.id.label("attempt"))
    return rows.join(Attempt, Attempt.id == Exchange.attempt_id).where(Attempt.asset_id == asset_id)


def _checks(asset_id: int) -> Select:
    return select(StatusCheck.id, StatusCheck.at).where(StatusCheck.asset_id == asset_id)


def _findings(asset_id: int) -> Select:
    """What each comparison finds again is told once, until one of the two sides changes."""
    before = func.lag(Finding.fingerprint, 1, "").over(order_by=Finding.id).label("before")
    at = func.coalesce(ReconciliationRun.ended_at, ReconciliationRun.made_at, type_=ReconciliationRun.made_at.type)
    rows = select(Finding.id, at.label("at"), Finding.fingerprint, before)
    found = rows.join(ReconciliationRun, ReconciliationRun.id == Finding.run_id).where(Finding.asset_id == asset_id)
    each = found.subquery()
    return select(each.c.id, each.c.at).where(each.c.fingerprint != each.c.before)
