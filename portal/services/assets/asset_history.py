"""The history on an asset's page. One statement, however many attempts and changes there are."""

from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import BindParameter, Integer, Select, Subquery, bindparam, cast, null, select, union_all
from sqlalchemy.orm import joinedload

from portal.core import audit, paging
from portal.extensions import db
from portal.models import Asset, Attempt, AuditEntry, Exchange, User

SHOWN = 8
REVEALS = 200
PAGE = 50


@dataclass(frozen=True)
class AttemptHistory:
    """An attempt with its requests to BitTitan."""

    attempt: Attempt
    exchanges: list[Exchange] = field(default_factory=list)


@dataclass(frozen=True)
class History:
    attempts: list[AttemptHistory]
    """Newest first."""
    changes: list[AuditEntry]
    """The newest few, without reveals, which are shown with the code."""
    has_more: bool
    last_reveal: AuditEntry | None


def of(asset: Asset) -> History:
    attempts: dict[int, AttemptHistory] = {}
    entries: list[AuditEntry] = []
    for attempt, exchange, entry in db.session.execute(_events(), {"asset_id": asset.id}):
        if entry is not None:
            entries.append(entry)
            continue
        attempt_history = attempts.setdefault(attempt.number, AttemptHistory(attempt))
        if exchange is not None:
            attempt_history.exchanges.append(exchange)
    changes = [entry for entry in entries if entry.act != "reveal"]
    reveals = [entry for entry in entries if entry.act == "reveal"]
    newest_first = [attempts[number] for number in sorted(attempts, reverse=True)]
    return History(newest_first, changes[:SHOWN], len(entries) > SHOWN, reveals[0] if reveals else None)


def changes(asset: Asset, before: int | None) -> tuple[list[AuditEntry], int | None]:
    """One page of the audit log, newest first, and the id before which the next page begins."""
    query = select(AuditEntry).where(AuditEntry.subject == "asset", AuditEntry.subject_id == asset.id)
    return paging.newest(query, AuditEntry.id, before, PAGE)


def latest_change(asset: Asset) -> AuditEntry | None:
    """The change that last raised the version, as far as the audit log shows."""
    entries = [entry for entry in audit.of_asset(asset, SHOWN) if entry.act != "reveal"]
    return entries[0] if entries else None


@cache
def _events() -> Select:
    """Rows of (attempt, exchange, None) and (None, None, entry): exchanges in order, entries newest first."""
    ids = _ids(bindparam("asset_id", type_=Integer))
    return (
        select(Attempt, Exchange, AuditEntry)
        .select_from(ids)
        .outerjoin(Attempt, Attempt.id == ids.c.attempt)
        .outerjoin(Exchange, Exchange.id == ids.c.exchange)
        .outerjoin(AuditEntry, AuditEntry.id == ids.c.entry)
        .options(*(joinedload(who).lazyload(User.account) for who in (Attempt.requested_by, Attempt.settled_by)))
        .order_by(ids.c.exchange, ids.c.entry.desc())
    )


def _ids(asset_id: BindParameter[int]) -> Subquery:
    none = cast(null(), Integer)
    attempts = (
        select(Attempt.id.label("attempt"), Exchange.id.label("exchange"), none.label("entry"))
        .outerjoin(Exchange, Exchange.attempt_id == Attempt.id)
        .where(Attempt.asset_id == asset_id)
    )
    entries = (
        select(none, none, AuditEntry.id)
        .where(AuditEntry.subject == "asset", AuditEntry.subject_id == asset_id)
        .order_by(AuditEntry.id.desc())
        .limit(REVEALS)
    )
    return union_all(attempts, select(entries.subquery())).subquery("happened")
