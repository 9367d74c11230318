"""Reconciliation runs as they are in the database, with differences, for pages that need no more than the rows."""

import io
from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy import select, update

from portal.extensions import db
from portal.models import (
    Asset,
    Coupon,
    CouponUpload,
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
from portal.services.imports.coupon_lists import uploads
from tests.build import World
from tests.saved import saved

STATES = {state.value for state in ReconciliationState}
NUMBERS = count(1)
OF_A_RECORD = (FindingKind.NOT_LISTED, FindingKind.UNVERIFIED)
WITHOUT_COUPON = (FindingKind.NO_CODE, *OF_A_RECORD)
EXPIRES = datetime(2031, 1, 1, 12, tzinfo=UTC)
DIFFERENCES = [["quantity", "25", "50"], ["expiry", "2027-01-01", "2027-02-01"]]
LIST = "Code,Id,Reference,Licenses,Created,Expires\nSBX-FILE-000001,,noted by hand,25,2026-11-13,2027-11-13\n"


def run(world: World, state: str = "done", **columns) -> ReconciliationRun:
    """Only one is under way at a time: others are stopped."""
    now, scope = datetime.now(UTC), ReconciliationScope.EVERYTHING
    usual = {"scope": scope, "source": ReconciliationSource.LIVE, "is_whole": True, "counts": {}}
    usual |= {"actor": "scheduled", "made_at": now}
    with world.transaction():
        values = {"open_mark": None, "state": ReconciliationState.STOPPED}
        db.session.execute(update(ReconciliationRun).where(ReconciliationRun.open_mark.is_not(None)).values(values))
        row = saved(ReconciliationRun(state=ReconciliationState(state), **(usual | columns)))
        row.open_mark = 1 if row.is_moving else None
        row.ended_at = None if row.is_moving else now
        row.cause = "TimedOut" if row.state is ReconciliationState.INCOMPLETE else None
    return row


def full_run(world: World, state: str = "done") -> ReconciliationRun:
    """That a person began; once it has ended, with a difference of each kind."""
    by = {"made_by_id": world.dana.id, "actor": world.dana.name}
    if state != "done":
        return run(world, state, counts={"listed": 7}, **by)
    row = run(world, counts={"listed": 7, "asked": 2, "matched": 5, "findings": 8}, **by)
    for kind in FindingKind:
        _usual_finding(world, row, kind)
    return row


def finding_of(world: World, run_id: int, kind: FindingKind) -> Finding:
    with world.app.app_context():
        return db.session.scalar(select(Finding).where(Finding.run_id == run_id, Finding.kind == kind))


def upload(world: World, text: str = LIST) -> CouponUpload:
    with world.app.app_context():
        return uploads.receive(file=io.BytesIO(text.encode()), name="coupons.csv", by=world.dana)


def _usual_finding(world: World, row: ReconciliationRun, kind: FindingKind) -> None:
    is_failed = kind in (FindingKind.NO_CODE, FindingKind.UNRECORDED)
    asset = None if kind is FindingKind.FOREIGN else world.asset("failed" if is_failed else "synchronized")
    at, columns = datetime(2026, 3, 2, 12, tzinfo=UTC), {}
    days = {"fits_from": date(2026, 3, 1), "fits_until": date(2026, 3, 3), "issued_at": at, "expires_at": at}
    columns["shown"] = None if kind in WITHOUT_COUPON else {"reference": "somebody-elses", **days}
    if kind in (FindingKind.DIFFERS, FindingKind.TWO_RECORDS):
        with world.app.app_context():
            columns["coupon_id"] = db.session.scalar(select(Coupon.id).where(Coupon.asset_id == asset.id))
    differences = DIFFERENCES if kind is FindingKind.DIFFERS else []
    finding(world, row, kind, asset, differences=differences, **columns)


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
