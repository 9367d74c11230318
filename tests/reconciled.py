"""Reconciliation runs as they stand in the database, with a finding of each kind."""

import io
from datetime import UTC, date, datetime

from sqlalchemy import select, update

from portal.extensions import db
from portal.models import (
    Asset,
    Coupon,
    CouponUpload,
    Finding,
    FindingKind,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationSource,
    ReconciliationState,
    ShownCoupon,
)
from portal.services.imports.coupon_lists import uploads
from tests.build import World
from tests.saved import saved

STATES = {state.value for state in ReconciliationState}
WITHOUT_COUPON = (FindingKind.NO_CODE, FindingKind.NOT_LISTED, FindingKind.UNVERIFIED)
DIFFERENCES = [["quantity", "25", "50"], ["expiry", "2027-01-01", "2027-02-01"]]
LIST = "Code,Id,Reference,Licenses,Created,Expires\nSBX-FILE-000001,,noted by hand,25,2026-11-13,2027-11-13\n"


def run(world: World, state: str = "done", **fields) -> ReconciliationRun:
    """Only one is under way at a time: others are stopped."""
    wanted, now = ReconciliationState(state), datetime.now(UTC)
    made = {"scope": ReconciliationScope.EVERYTHING, "source": ReconciliationSource.LIVE, "is_whole": True}
    made |= {"made_by_id": world.dana.id, "actor": world.dana.name, "made_at": now}
    is_done = wanted is ReconciliationState.DONE
    assets = {kind: _asset(world, kind) for kind in FindingKind} if is_done else {}
    made |= {"counts": {"listed": 7, "asked": 2, "matched": 5, "findings": 8} if is_done else {"listed": 7}}
    with world.transaction():
        values = {"open_mark": None, "state": ReconciliationState.STOPPED}
        db.session.execute(update(ReconciliationRun).where(ReconciliationRun.open_mark.is_not(None)).values(values))
        row = saved(ReconciliationRun(state=wanted, **(made | fields)))
        row.open_mark = 1 if row.is_moving else None
        row.ended_at = None if row.is_moving else now
        row.cause = "TimedOut" if wanted is ReconciliationState.INCOMPLETE else None
        for number, (kind, asset) in enumerate(assets.items()):
            _finding(row, kind, asset, number)
        return row


def finding(world: World, run_id: int, kind: FindingKind) -> Finding:
    with world.app.app_context():
        return db.session.scalar(select(Finding).where(Finding.run_id == run_id, Finding.kind == kind))


def _asset(world: World, kind: FindingKind) -> Asset | None:
    if kind is FindingKind.FOREIGN:
        return None
    return world.asset("failed" if kind in (FindingKind.NO_CODE, FindingKind.UNRECORDED) else "synchronized")


def _finding(row: ReconciliationRun, kind: FindingKind, asset: Asset | None, number: int) -> None:
    shown = None if kind in WITHOUT_COUPON else _shown(row, number)
    about = {"kind": kind, "subject_key": f"test:{number}", "fingerprint": "x", "run_id": row.id}
    about |= {"asset_id": asset and asset.id, "asset_version": asset and asset.version, "shown_id": shown and shown.id}
    code = db.session.scalar(select(Coupon.id).where(Coupon.asset_id == asset.id)) if asset else None
    differences = DIFFERENCES if kind is FindingKind.DIFFERS else []
    saved(Finding(**about, coupon_id=None if kind is FindingKind.DUPLICATE else code, differences=differences))


def _shown(row: ReconciliationRun, number: int) -> ShownCoupon:
    code, at = f"SBX-SHOWN-{row.id:04}-{number:04}", datetime(2026, 3, 2, 12, tzinfo=UTC)
    days = {"fits_from": date(2026, 3, 1), "fits_until": date(2026, 3, 3), "issued_at": at, "expires_at": at}
    return saved(ShownCoupon(run_id=row.id, key=code, code=code, reference="somebody-elses", quantity=25, **days))


def upload(world: World, text: str = LIST) -> CouponUpload:
    with world.app.app_context():
        return uploads.receive(file=io.BytesIO(text.encode()), name="coupons.csv", by=world.dana)
