"""Writes findings. What a person has set aside stays so, until one of the two sides changes."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, insert, select

from portal.extensions import db
from portal.models import (
    Coupon,
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    ReconciliationRun,
)
from portal.services.reconciliation.scanning import steps


@dataclass(frozen=True)
class Draft:
    kind: FindingKind
    subject_key: str
    here: tuple[Any, ...]
    there: tuple[Any, ...]
    """Both sides, for the fingerprint."""
    asset_id: int | None = None
    asset_version: int | None = None
    coupon_id: int | None = None
    shown_id: int | None = None
    differences: list[list[str | None]] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        return digest(json.dumps([self.kind.value, self.here, self.there], default=str))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write(run: ReconciliationRun, drafts: Sequence[Draft]) -> None:
    """Inside a transaction that holds the run."""
    by_key = {draft.subject_key: draft for draft in drafts}
    if not by_key:
        return
    rows = select(Finding.subject_key).where(Finding.run_id == run.id, Finding.subject_key.in_(by_key))
    for known in db.session.scalars(rows).all():
        del by_key[known]
    decided = _decided(list(by_key.values()))
    confirmed = {key for key, finding in decided.items() if finding.act is FindingAct.CONFIRM}
    values = [_values(run, draft, decided.get(key)) for key, draft in by_key.items() if key not in confirmed]
    if values:
        db.session.execute(insert(Finding), values)
    steps.count(run, confirmed=len(confirmed), findings=len(values))


def _decided(drafts: Sequence[Draft]) -> dict[str, Finding]:
    """The newest decision about exactly this difference, if it was set aside, or confirmed and not overruled since."""
    prints = {draft.subject_key: draft.fingerprint for draft in drafts}
    order = (Finding.decided_at.desc(), Finding.id.desc())
    place = func.row_number().over(partition_by=Finding.subject_key, order_by=order).label("place")
    is_decided = (Finding.subject_key.in_(prints), Finding.decided_at.is_not(None))
    ranked = select(Finding.id, place).where(*is_decided).subquery()
    rows = select(Finding, Coupon.stated).join(ranked, ranked.c.id == Finding.id).where(ranked.c.place == 1)
    newest = db.session.execute(
        rows.outerjoin(Coupon, Coupon.id == Finding.coupon_id).execution_options(populate_existing=True)
    )
    kept = [row for row, stated in newest if _stays(row, stated)]
    return {row.subject_key: row for row in kept if row.fingerprint == prints[row.subject_key]}


def _stays(row: Finding, stated: str | None) -> bool:
    """`stated`: what a person says became of the coupon; None once BitTitan has shown it again."""
    is_confirmed = row.state is FindingState.DONE and row.act is FindingAct.CONFIRM
    return row.state is FindingState.SET_ASIDE or is_confirmed and stated is not None


def _values(run: ReconciliationRun, draft: Draft, decided: Finding | None) -> dict[str, Any]:
    values = {
        "run_id": run.id, "kind": draft.kind, "subject_key": draft.subject_key, "fingerprint": draft.fingerprint,
        "asset_id": draft.asset_id, "asset_version": draft.asset_version, "coupon_id": draft.coupon_id,
        "shown_id": draft.shown_id, "differences": draft.differences, "candidates": 0, "version": 1,
        "state": FindingState.OPEN, "act": None, "decided_by_id": None, "decided_at": None, "why": None,
        "ended_at": None, "case_number": None,
    }  # fmt: skip
    if decided is not None:
        kept = ("state", "act", "decided_by_id", "decided_at", "why", "ended_at", "case_number")
        values |= {name: getattr(decided, name) for name in kept}
    return values
