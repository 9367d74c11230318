"""Reconciliation runs that have ended, with differences, for pages that need no more than the rows."""

from datetime import UTC, datetime
from itertools import count

from sqlalchemy import select

from portal.extensions import db
from portal.models import (
    Asset,
    Coupon,
    Finding,
    FindingAct,
    FindingKind,
    FindingState,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationSource,
    ReconciliationState,
    ShownCoupon,
)
from portal.sandbox.storage.shapes import SKUS

NUMBERS = count(1)
OF_A_RECORD = (FindingKind.NOT_LISTED, FindingKind.UNVERIFIED)
EXPIRES = datetime(2031, 1, 1, 12, tzinfo=UTC)


def run(world, state: ReconciliationState = ReconciliationState.DONE) -> ReconciliationRun:
    now = datetime.now(UTC)
    with world.transaction():
        row = ReconciliationRun(
            scope=ReconciliationScope.EVERYTHING, source=ReconciliationSource.LIVE, is_whole=True, state=state,
            actor="scheduled", made_at=now, ended_at=now, counts={},
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
    return row


def finding(world, of: ReconciliationRun, kind: FindingKind, asset: Asset | None = None, **columns) -> Finding:
    """`shown`: columns of the coupon that BitTitan showed; None: it showed none."""
    shown, number = columns.pop("shown", {}), next(NUMBERS)
    with world.transaction():
        coupon = None if shown is None else _shown(world, of, number, shown)
        row = Finding(
            run_id=of.id, kind=kind, subject_key=f"test:{number}", fingerprint=str(number),
            asset_id=asset and asset.id, asset_version=asset and asset.version, shown_id=coupon and coupon.id,
            **({"differences": [], "coupon_id": _record(of, asset) if kind in OF_A_RECORD else None} | columns),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
    return row


def chosen(world) -> Finding:
    """A decision that the worker has not carried out yet."""
    of, asset = run(world), world.asset("synchronized")
    decision = {"state": FindingState.CHOSEN, "act": FindingAct.CORRECT, "why": "They bought fewer."}
    who = {"decided_by_id": world.dana.id, "decided_at": datetime.now(UTC)}
    return finding(world, of, FindingKind.DIFFERS, asset, **decision, **who)


def _record(of: ReconciliationRun, asset: Asset) -> int:
    """Of the asset's code, which BitTitan has not shown since the run began."""
    row = db.session.scalar(select(Coupon).where(Coupon.asset_id == asset.id))
    row.read_at = row.absent_at = of.made_at
    return row.id


def _shown(world, of: ReconciliationRun, number: int, columns: dict) -> ShownCoupon:
    now = datetime.now(UTC)
    usual = {
        "key": f"shown-{number}", "bittitan_id": f"shown-{number}", "code": f"SBX-SHOWN-{number:06}",
        "reference": f"somebody-elses-{number}", "sku_id": SKUS[0]["Id"], "quantity": 25, "status": "Active",
        "organization_id": world.partner.organization_id, "issued_at": now, "fits_from": now.date(),
        "fits_until": now.date(), "expires_at": EXPIRES,
    }  # fmt: skip
    row = ShownCoupon(run_id=of.id, **(usual | columns))
    db.session.add(row)
    db.session.flush()
    return row
