"""What an asset's page tells about its past. Three statements, whatever the number of attempts and changes."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.extensions import db
from portal.models import Asset, Attempt, AuditEntry, Exchange
from portal.services import audit

SHOWN = 8
REVEALS = 200
PAGE = 50


@dataclass(frozen=True)
class Told:
    """An attempt with what went over the wire for it."""

    attempt: Attempt
    exchanges: list[Exchange] = field(default_factory=list)


@dataclass(frozen=True)
class History:
    attempts: list[Told]
    """Newest first."""
    changes: list[AuditEntry]
    """The newest few, reveals left out: those stand with the code."""
    has_more: bool
    last_reveal: AuditEntry | None


def of(asset: Asset) -> History:
    told = [Told(attempt) for attempt in db.session.scalars(_attempts(asset))]
    by_id = {each.attempt.id: each for each in told}
    exchanges = select(Exchange).join(Attempt, Attempt.id == Exchange.attempt_id).where(Attempt.asset_id == asset.id)
    for exchange in db.session.scalars(exchanges.order_by(Exchange.id)):
        by_id[exchange.attempt_id].exchanges.append(exchange)
    entries = audit.of_asset(asset, REVEALS)
    changes = [entry for entry in entries if entry.act != "reveal"]
    reveals = [entry for entry in entries if entry.act == "reveal"]
    return History(told, changes[:SHOWN], len(entries) > SHOWN, reveals[0] if reveals else None)


def changes(asset: Asset, before: int | None) -> tuple[list[AuditEntry], int | None]:
    """One page of the record, newest first, and the id before which the next one begins."""
    query = select(AuditEntry).where(AuditEntry.subject == "asset", AuditEntry.subject_id == asset.id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    rows = list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(PAGE + 1)))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def latest_change(asset: Asset) -> AuditEntry | None:
    """What moved the version last, as far as the record tells."""
    found = [entry for entry in audit.of_asset(asset, SHOWN) if entry.act != "reveal"]
    return found[0] if found else None


def _attempts(asset: Asset):
    return (
        select(Attempt)
        .where(Attempt.asset_id == asset.id)
        .options(joinedload(Attempt.requested_by), joinedload(Attempt.settled_by))
        .order_by(Attempt.number.desc())
    )
