"""The history on an asset's page. One statement, however many attempts and changes there are."""

from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import BindParameter, Integer, Select, Subquery, bindparam, cast, null, select, union_all
from sqlalchemy.orm import joinedload

from portal.core import audit
from portal.extensions import db
from portal.models import (
    Asset,
    Attempt,
    AuditEntry,
    Exchange,
    Finding,
    Invoice,
    InvoiceLine,
    ReconciliationRun,
    StatusCheck,
    User,
)
from portal.services.assets import asked
from portal.services.assets.asked import Asked, Compared

SHOWN = 8
REVEALS = 200
CHECKS = 5


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
    invoices: list[Invoice]
    """On which it stands, the oldest first; for the staff."""
    checks: list[StatusCheck]
    """The last times that BitTitan was asked singly what became of the code, the newest first."""
    asked: list[Asked]
    """These, and what comparisons were told about it."""


def of(asset: Asset) -> History:
    attempts: dict[int, AttemptHistory] = {}
    entries: list[AuditEntry] = []
    invoices: dict[int, Invoice] = {}
    checks: dict[int, StatusCheck] = {}
    compared: dict[int, Compared] = {}
    for attempt, exchange, entry, invoice, check, run, finding in db.session.execute(_events(), {"asset_id": asset.id}):
        if entry is not None:
            entries.append(entry)
            continue
        if invoice is not None:
            invoices[invoice.id] = invoice
            continue
        if check is not None:
            checks[check.id] = check
            continue
        if run is not None:
            compared[run.id] = Compared(run, finding)
            continue
        attempt_history = attempts.setdefault(attempt.number, AttemptHistory(attempt))
        if exchange is not None:
            attempt_history.exchanges.append(exchange)
    changes = [entry for entry in entries if entry.act != "reveal"]
    reveals = [entry for entry in entries if entry.act == "reveal"]
    newest_first = [attempts[number] for number in sorted(attempts, reverse=True)]
    last_reveal = reveals[0] if reveals else None
    billed = [invoices[number] for number in sorted(invoices)]
    singly = sorted(checks.values(), key=lambda check: (check.at, check.id), reverse=True)
    together = asked.together(asset, singly, compared.values(), CHECKS)
    return History(newest_first, changes[:SHOWN], len(entries) > SHOWN, last_reveal, billed, singly, together)


def latest_change(asset: Asset) -> AuditEntry | None:
    """The change that last raised the version, as far as the audit log shows."""
    entries = [entry for entry in audit.of_asset(asset, SHOWN) if entry.act != "reveal"]
    return entries[0] if entries else None


@cache
def _events() -> Select:
    """Rows with one of them: an attempt with an exchange, an entry, an invoice, a status check, or a comparison with
    what it found. Exchanges in order, entries newest first."""
    ids = _ids(bindparam("asset_id", type_=Integer))
    return (
        select(Attempt, Exchange, AuditEntry, Invoice, StatusCheck, ReconciliationRun, Finding)
        .select_from(ids)
        .outerjoin(Attempt, Attempt.id == ids.c.attempt)
        .outerjoin(Exchange, Exchange.id == ids.c.exchange)
        .outerjoin(AuditEntry, AuditEntry.id == ids.c.entry)
        .outerjoin(Invoice, Invoice.id == ids.c.invoice)
        .outerjoin(StatusCheck, StatusCheck.id == ids.c.status_check)
        .outerjoin(ReconciliationRun, ReconciliationRun.id == ids.c.run)
        .outerjoin(Finding, Finding.id == ids.c.finding)
        .options(*(joinedload(who).lazyload(User.account) for who in (Attempt.requested_by, Attempt.settled_by)))
        .order_by(ids.c.exchange, ids.c.entry.desc())
    )


def _ids(asset_id: BindParameter[int]) -> Subquery:
    none = cast(null(), Integer)
    attempts = (
        select(
            Attempt.id.label("attempt"),
            Exchange.id.label("exchange"),
            none.label("entry"),
            none.label("invoice"),
            none.label("status_check"),
            none.label("run"),
            none.label("finding"),
        )  # fmt: skip
        .outerjoin(Exchange, Exchange.attempt_id == Attempt.id)
        .where(Attempt.asset_id == asset_id)
    )
    entries = (
        select(none, none, AuditEntry.id, none, none, none, none)
        .where(AuditEntry.subject == "asset", AuditEntry.subject_id == asset_id)
        .order_by(AuditEntry.id.desc())
        .limit(REVEALS)
    )
    billed = select(none, none, none, InvoiceLine.invoice_id, none, none, none)
    billed = billed.where(InvoiceLine.asset_id == asset_id)
    checks = (
        select(none, none, none, none, StatusCheck.id, none, none)
        .where(StatusCheck.asset_id == asset_id)
        .order_by(StatusCheck.at.desc())
        .limit(CHECKS)
    )
    found, agreed = asked.found(asset_id, CHECKS).subquery(), asked.agreed(asset_id).subquery()
    compared = [select(none, none, none, none, none, *found.c), select(none, none, none, none, none, *agreed.c, none)]
    parts = (attempts, select(entries.subquery()), billed, select(checks.subquery()), *compared)
    return union_all(*parts).subquery("happened")
