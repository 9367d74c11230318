"""After a restore, finds what BitTitan issued and this database does not know: asks by reference, then reads its list.

The first pass reads only what was listed since about the time of the backup. The pass that counts reads everything,
because BitTitan's clock is not ours, and compares numbers: how many coupons are listed, and how many of them are
accounted for here.

Each step does a little, so it can stop anywhere. A coupon that it finds is treated like any other: recorded, kept for a
review, or put into the surplus register (without an asset, if its reference is not in this database). A coupon that was
redeemed, expired or revoked meanwhile is not listed by BitTitan and cannot be found.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from portal.core import clock, errors
from portal.core.audit import WORKER
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import SPENT, Asset, Connection, Coupon, CouponStanding
from portal.providers.base import CouponOrder, CouponProvider, IssuedCoupon, Unanswered
from portal.services import alerts, jobs, transitions, vendor, vendor_settings
from portal.services.coupons import evidence, identity, recording, reopening, surplus
from portal.services.jobs import Claim
from portal.services.provisioning import lookups, payload
from portal.services.provisioning.reserve import PREFIX
from portal.services.reconciliation.scanning.reach import LISTED_WITHIN
from portal.services.restore_guard import freeze
from portal.services.vendor import rate_limit

AT_ONCE = 20
"""References that one step asks about."""
COUNT_AGAIN = timedelta(minutes=5)
"""Time to wait after a count in which the numbers differed."""
_UNEVEN = (
    "After the restore, BitTitan lists coupons under our references that could not be put on record. Provisioning "
    "stays frozen. Compare under Tools > Reconciliation, which names them; it is counted again every five minutes."
)


_NOT_ALL = (
    "After the restore, BitTitan’s list does not show coupons that it calls active when it is asked for them alone, so "
    "that it proves nothing. Provisioning stays frozen; the list is read again every five minutes."
)


def step(claim: Claim) -> datetime | None:
    """Returns when to continue; None once it is complete or there is nothing to search."""
    db.session.commit()
    row, now = db.session.get(Connection, 1, populate_existing=True), clock.now()
    if row.frozen_at is None or row.searched_at is not None or not vendor_settings.current().is_searchable:
        return None
    provider = vendor.provider()
    delay = lookups.current_delay(provider)
    if delay is not None:
        return max(delay.until, now + timedelta(seconds=1))
    if row.search_began_at is None:
        return _begin(now)
    ids = list(db.session.scalars(freeze.possibly_bought_ids().where(Asset.id > row.searched_to).limit(AT_ONCE)))
    return _ask_about(ids, provider, now) if ids else _scan(row, provider, claim)


def _begin(now: datetime) -> datetime:
    with transaction():
        row = lock(Connection, 1)
        row.search_began_at, row.searched_to = now, 0
    return now


def _ask_about(ids: list[int], provider: CouponProvider, began_at: datetime) -> datetime:
    for asset_id in ids:
        asset, seller_id = db.session.get(Asset, asset_id), vendor.seller_id()
        db.session.commit()  # hold no transaction while BitTitan is asked
        answer = provider.find_coupons(asset.reference, seller_id=seller_id)
        lookups.record_answer(answer)
        if isinstance(answer, Unanswered):
            return clock.now() + rate_limit.ASK_AGAIN
        with transaction():
            if answer.coupons:
                record_found(asset_id, list(answer.coupons), clock.now())
            lock(Connection, 1).searched_to = asset_id
    rate = settings().provisioning.rate
    return began_at + timedelta(seconds=len(ids) / rate if rate else 0)


def _scan(row: Connection, provider: CouponProvider, claim: Claim) -> datetime | None:
    """Reads BitTitan's list page by page. If a page is not answered, the scan starts again later."""
    counts = row.search_began_at >= freeze.earliest_valid_lookup(row)
    since = None if counts else freeze.search_start(row, provider.clock_offset)
    seller_id = vendor.seller_id()
    db.session.commit()  # hold no transaction while BitTitan is asked
    shown: set[str] = set()
    accounted = 0
    for page in provider.list_coupons(since=since, seller_id=seller_id):
        if isinstance(page, Unanswered):
            lookups.record_answer(page)
            return clock.now() + rate_limit.ASK_AGAIN
        if not jobs.renew(claim):
            return clock.now()
        if page.coupons:
            lookups.record_answer(page)
        shown.update(coupon.id for coupon in page.coupons)
        accounted += len(page.coupons) - _keep_all(page.coupons)
        db.session.commit()
    if counts and (again_at := _doubt(shown, provider, seller_id, claim)) is not None:
        return again_at
    return _complete(len(shown), accounted)


def _doubt(shown: set[str], provider: CouponProvider, seller_id: str | None, claim: Claim) -> datetime | None:
    """Asks singly about the newest coupons on record that are not listed. If BitTitan calls one of them active, its
    list proves nothing, and when to read it again is returned."""
    rows = select(Coupon.bittitan_id).where(
        Coupon.bittitan_id.is_not(None), Coupon.standing != CouponStanding.WITHDRAWN,
        or_(Coupon.status.is_(None), Coupon.status.not_in(SPENT)), Coupon.recorded_at < clock.now() - LISTED_WITHIN,
    )  # fmt: skip
    newest = db.session.scalars(rows.order_by(Coupon.id.desc()).limit(AT_ONCE)).all()
    db.session.commit()  # hold no transaction while BitTitan is asked
    for coupon_id in newest:
        answer = None if coupon_id in shown else provider.read_coupon(coupon_id, seller_id=seller_id)
        if isinstance(answer, Unanswered):
            lookups.record_answer(answer)
            return clock.now() + rate_limit.ASK_AGAIN
        if isinstance(answer, IssuedCoupon) and answer.status == "Active":
            return _read_list_again()
        if not jobs.renew(claim):
            return clock.now()
    return None


def _read_list_again() -> datetime:
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        row.listed = row.accounted = row.search_began_at = None
        row.searched_to = freeze.ALL
        alerts.raise_once(freeze.FROZEN, _NOT_ALL, now, again=True)
        return now + COUNT_AGAIN


def _complete(listed: int, accounted: int) -> datetime | None:
    """Only a pass that began after the quarantine counts: until then BitTitan may still carry out earlier requests."""
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        counts_from = freeze.earliest_valid_lookup(row)
        if row.search_began_at < counts_from:
            row.search_began_at, row.searched_to = None, freeze.ALL
            return max(counts_from, now)
        row.listed, row.accounted = listed, accounted
        if accounted == listed:
            row.searched_at = now
            return None
        row.search_began_at, row.searched_to = None, freeze.ALL
        alerts.raise_once(freeze.FROZEN, _UNEVEN, now, again=True)
        return now + COUNT_AGAIN


def _keep_all(coupons: Sequence[IssuedCoupon]) -> int:
    """Returns how many of these coupons are ours and could not be put on record."""
    conditions = (Coupon.code.in_([coupon.code for coupon in coupons]), Coupon.standing != CouponStanding.WITHDRAWN)
    known = {tuple(row) for row in db.session.execute(select(Coupon.code, Coupon.bittitan_id).where(*conditions))}
    return sum(_keep(coupon) for coupon in coupons if (coupon.code, coupon.id) not in known)


def _keep(coupon: IssuedCoupon) -> bool:
    """Returns True if the coupon is ours and could not be put on record."""
    asset_id = db.session.scalar(select(Asset.id).where(Asset.reference == coupon.reference))
    if asset_id is None and not coupon.reference.startswith(PREFIX):
        return False
    with transaction():
        if asset_id is not None:
            record_found(asset_id, [coupon], clock.now())
        else:
            surplus.keep_unmatched(coupon, by=WORKER, now=clock.now())
    return not identity.is_known(coupon)


def record_found(asset_id: int, coupons: list[IssuedCoupon], now: datetime) -> None:
    """Inside a transaction. Handles coupons found under an asset's reference.

    They came with an attempt that is lost, and the account's link may have been corrected after the last attempt known
    here. So a coupon also counts as ordered if it matches what would be ordered today.
    """
    if all(identity.is_on_record(coupon, asset_id) for coupon in coupons):
        return
    asset = lock(Asset, asset_id)
    coupons = evidence.exclude_decided(asset, coupons)
    if not coupons:
        return
    if reopening.must_confirm_first(asset, coupons, is_complete=False, by=WORKER, now=now):
        return
    attempt, order = transitions.newest_attempt(asset), _order_of(asset)
    oldest = min(coupons, key=lambda coupon: (coupon.created, coupon.id))
    matches_today = order is not None and order.is_met_by(oldest)
    if attempt is not None and (attempt.is_open or not matches_today):
        lookups.apply_found(attempt, coupons, now)
        return
    if not matches_today:
        evidence.keep_for_review(asset, coupons, by=WORKER, now=now)
        return
    recording.apply_coupon(asset_id, oldest, by=WORKER, now=now)
    for coupon in coupons:
        if coupon is not oldest:
            evidence.keep_surplus(asset, coupon, by=WORKER, now=now)


def _order_of(asset: Asset) -> CouponOrder | None:
    """The order that would be sent for the asset today; None if it cannot be ordered."""
    try:
        return lookups.order_for(payload.build_payload(asset, {}))
    except errors.Conflict:
        return None
