"""Tells the staff what a run found that no earlier run did: money that may be lost, and codes that may be wrong."""

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.extensions import db
from portal.models import (
    Finding,
    FindingKind,
    FindingState,
    ReconciliationRun,
    ReconciliationSource,
    ReconciliationState,
    ShownCoupon,
)
from portal.services import alerts

KIND = "clearing"
MOST = 100
_MORE = f"More than {MOST} further coupons are not accounted for. Look at the newest comparison."
# For the staff: always in English, like the rest of the record.
_NO_ASSET = "BitTitan shows a coupon under our reference {reference}, which no asset has."
_UNRECORDED = "BitTitan shows a coupon under the reference {reference} of AS-{asset_id} that was not on record."
_DIFFERS = (
    "BitTitan shows a coupon under {reference} with another code, Id, reference or content than is on record here."
)
_OF_COUPONS = {
    FindingKind.UNRECORDED: _UNRECORDED,
    FindingKind.DUPLICATE: _UNRECORDED,
    FindingKind.DIFFERS: _DIFFERS,
    FindingKind.TWO_RECORDS: _DIFFERS,
}
_LOST = "BitTitan does not know coupons that are recorded here."
_MISSING = (FindingKind.NOT_LISTED, FindingKind.UNVERIFIED)


def write(run: ReconciliationRun) -> None:
    """Inside a transaction that holds the run, at its end. What a file says proves nothing."""
    if run.source is not ReconciliationSource.LIVE:
        return
    now = clock.now()
    news = _news(run.id, tuple(_OF_COUPONS))
    for row in news[:MOST]:
        alerts.raise_once(KIND, _sentence(row), now)
    if len(news) > MOST:
        alerts.raise_once(KIND, _MORE, now, again=True)
    if _news(run.id, _MISSING):
        alerts.raise_once(KIND, _LOST, now, again=True)


def _news(run_id: int, kinds: tuple[FindingKind, ...]) -> list[Row]:
    """A run that did not end, or not completely, and a file have told nothing."""
    earlier, run = aliased(Finding), aliased(ReconciliationRun)
    is_same = (earlier.subject_key == Finding.subject_key, earlier.fingerprint == Finding.fingerprint)
    is_told = (run.source == ReconciliationSource.LIVE, run.state == ReconciliationState.DONE)
    was_told = select(earlier.id).join(run, run.id == earlier.run_id)
    was_told = was_told.where(*is_same, earlier.id < Finding.id, *is_told).exists()
    rows = select(Finding.kind, Finding.asset_id, ShownCoupon.reference, ShownCoupon.bittitan_id)
    is_open = (Finding.run_id == run_id, Finding.state == FindingState.OPEN, Finding.kind.in_(kinds))
    rows = rows.outerjoin(ShownCoupon, ShownCoupon.id == Finding.shown_id).where(*is_open, ~was_told)
    return list(db.session.execute(rows.order_by(Finding.id).limit(MOST + 1)))


def _sentence(row: Row) -> str:
    text = _NO_ASSET if row.asset_id is None and row.kind is FindingKind.UNRECORDED else _OF_COUPONS[row.kind]
    return text.format(reference=row.reference or row.bittitan_id, asset_id=row.asset_id)
