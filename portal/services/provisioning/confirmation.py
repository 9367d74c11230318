"""The first check after a purchase: does BitTitan list the coupon that it answered with?

The answer to a purchase is only a claim. A few seconds later the portal asks BitTitan by reference, by Id and by code,
within the rate limit; one job does this for all workers. If the coupon is as answered, it is confirmed. Otherwise the
asset is looked up again (reopening.py), and a coupon that no asset has and BitTitan does not know is withdrawn.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Row, select, update

from portal.core import clock
from portal.core.audit import WORKER
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.models import Asset, Attempt, Coupon, CouponStanding
from portal.providers.base import CouponProvider, IssuedCoupon, Unanswered
from portal.services import jobs, transitions, vendor, vendor_settings
from portal.services.coupons import compare, evidence, identity, reopening
from portal.services.coupons.coupon_rows import is_read_since, note_reading, refresh
from portal.services.provisioning import coupon_query, lookups
from portal.services.provisioning.coupon_query import CouponView
from portal.services.vendor import breaker, rate_limit

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Coupons that one step asks about one by one."""
MOST = 500
"""Coupons that one step may confirm from BitTitan's list."""
PAUSE = timedelta(seconds=10)
"""Time until the next step if no coupon is due."""
_COLUMNS = (
    Coupon.id, Coupon.code, Coupon.bittitan_id, Coupon.reference, Coupon.asset_id, Coupon.standing, Coupon.recorded_at,
    Coupon.issued_at, Coupon.moved_from_id, Coupon.sku_id, Coupon.organization_id, Coupon.quantity,
)  # fmt: skip


def step(claim: jobs.Claim) -> datetime | None:
    """Confirms the coupons that are due. Returns when to continue; None if another worker has taken over the job."""
    provider, began_at = vendor.provider(), clock.now()
    _settle_disputes()
    rows = _due(began_at)
    if not rows:
        return _next()
    delay = lookups.current_delay(provider)
    if delay is not None:
        return max(delay.until, began_at + timedelta(seconds=1))
    holds = _holding(claim, began_at)
    if len(rows) > AT_ONCE and vendor_settings.current().is_searchable:
        rows = _without_listed(rows, provider, claim)
    for row in rows[:AT_ONCE]:
        if not holds():
            return None
        if not _look(row, provider):
            return clock.now() + rate_limit.ASK_AGAIN
    rate = settings().provisioning.rate
    return max(_next(), began_at + timedelta(seconds=min(len(rows), AT_ONCE) / rate if rate else 0))


def _look(row: Row, provider: CouponProvider) -> bool:
    """Returns False if BitTitan does not answer at all; then asking about the others is pointless."""
    try:
        _decide(row, coupon_query.query_coupon(row, provider), provider)
    except coupon_query.NotAnswered as reason:
        _put_off(row)
        return not reason.is_silent
    except Exception:  # our own error with one coupon must not delay the others
        log.exception("coupon %s could not be confirmed", row.id)
        _put_off(row)
    return True


def _holding(claim: jobs.Claim, since: datetime) -> Callable[[], bool]:
    """Returns a function that renews the claim in time and is False once it is lost. Checking many coupons may take
    longer than a lease, and then other threads would repeat the same questions."""
    third = timedelta(seconds=settings().provisioning.lease / 3)
    renewed_at = since

    def holds() -> bool:
        nonlocal renewed_at
        if clock.now() < renewed_at + third:
            return True
        renewed_at = clock.now()
        return jobs.renew(claim)

    return holds


def _due(now: datetime) -> list[Row]:
    query = select(*_COLUMNS).where(Coupon.confirm_at.is_not(None), Coupon.confirm_at <= now)
    rows = db.session.execute(query.order_by(Coupon.confirm_at, Coupon.id).limit(MOST)).all()
    db.session.commit()  # hold no transaction while BitTitan is asked
    return list(rows)


def _next() -> datetime:
    waiting, now = select(Coupon.confirm_at).where(Coupon.confirm_at.is_not(None)), clock.now()
    first = db.session.scalar(waiting.order_by(Coupon.confirm_at, Coupon.id).limit(1))
    return min(max(first, now), now + PAUSE) if first else now + PAUSE


def _settle_disputes() -> None:
    """Reopens an asset whose code is disputed, so that the code is not shown until a look-up has decided, even if
    BitTitan does not answer now. A code that we did not purchase stays until that look-up, unless BitTitan already
    lists it for another asset."""
    is_disputed = (Coupon.confirm_at.is_not(None), Coupon.disputed_at.is_not(None))
    rows = select(Coupon.id, Coupon.asset_id).where(*is_disputed, Coupon.standing == CouponStanding.RECORDED)
    disputed = db.session.execute(rows).all()
    db.session.commit()
    for coupon_id, asset_id in disputed:
        with transaction():
            asset, row, now = lock(Asset, asset_id), lock(Coupon, coupon_id), clock.now()
            is_open = row.disputed_at is not None and row.standing is CouponStanding.RECORDED
            gives_way = row.why == identity.ANOTHERS or reopening.was_bought(asset, row)
            if is_open and not row.is_confirmed and gives_way:
                reopening.reopen(asset, row, by=WORKER, now=now)


def _without_listed(rows: list[Row], provider: CouponProvider, claim: jobs.Claim) -> list[Row]:
    """Confirms many coupons at once from BitTitan's list, read since the oldest was issued. Returns the rows that it
    does not show."""
    waiting = {(row.code, row.bittitan_id): row for row in rows if row.issued_at is not None and row.bittitan_id}
    if not waiting:
        return rows
    since = min(row.issued_at for row in waiting.values())
    for page in provider.list_coupons(since=since, seller_id=coupon_query.seller()):
        if isinstance(page, Unanswered) or not jobs.renew(claim):
            break
        shown = [each for each in page.coupons if (each.code, each.id) in waiting]
        rows_of = [(waiting[each.code, each.id], each) for each in shown]
        same = {(each.code, each.id) for row, each in rows_of if compare.is_as_recorded(row, each)}
        _confirm_many([waiting.pop(marks).id for marks in same])
        if not waiting:
            break
    remaining = {row.id for row in waiting.values()}
    return [row for row in rows if row.id in remaining or row.issued_at is None or not row.bittitan_id]


def _confirm_many(ids: list[int]) -> None:
    if not ids:
        return
    with transaction():
        conditions = (Coupon.id.in_(ids), Coupon.confirm_at.is_not(None), Coupon.disputed_at.is_(None))
        db.session.execute(update(Coupon).where(*conditions).values(identity.confirmed(clock.now())))


def _decide(row: Row, view: CouponView, provider: CouponProvider) -> None:
    shown = view.named(row)
    if shown is not None and _asset_of(shown) not in (None, row.asset_id, row.moved_from_id):
        shown = None  # added by hand or by an import, but issued for another asset's order
    with transaction("confirm"):
        asset = None if row.asset_id is None else lock(Asset, row.asset_id)
        coupon, now = lock(Coupon, row.id), clock.now()
        if coupon.confirm_at is None or (coupon.asset_id, coupon.standing) != (row.asset_id, row.standing):
            return
        if coupon.standing is CouponStanding.WITHDRAWN:
            coupon.confirm_at = None  # asked about only to find its owner
        elif is_read_since(coupon, view.began_at):
            coupon.confirm_at = now + rate_limit.ASK_AGAIN
        elif shown is not None and compare.has_same_content(row, shown):
            _confirm(coupon, shown, now)
        elif shown is not None and coupon.standing is CouponStanding.SURPLUS:
            refresh(coupon, shown, now)  # nothing else refreshes its content
        else:
            _doubt(asset, coupon, view, now)
    owners = _by_asset(view.all)
    if not all([_apply(asset_id, coupons, provider) for asset_id, coupons in owners.items()]):
        _ask_again_soon(row)


def _doubt(asset: Asset | None, coupon: Coupon, view: CouponView, now: datetime) -> None:
    """Inside a transaction: BitTitan does not show the coupon as it is recorded."""
    is_late, is_false = _is_late_enough(coupon, view), bool(view.all) and not view.is_vague
    if coupon.standing is CouponStanding.RECORDED and (is_false or is_late and not view.is_vague):
        reopening.reopen(asset, coupon, by=WORKER, now=now)
    elif not is_late and (view.is_vague or not view.shows(coupon.code)):
        coupon.confirm_at = _later(coupon, now)
    elif coupon.standing is CouponStanding.SURPLUS and not view.shows(coupon.code):
        identity.withdraw(coupon, identity.NOT_LISTED)
    else:  # of another order, evidence for a person, or nothing more can be learned
        coupon.confirm_at = coupon.disputed_at = None


def _confirm(coupon: Coupon, issued: IssuedCoupon, now: datetime) -> None:
    if coupon.bittitan_id != issued.id:
        coupon.bittitan_id = identity.id_to_record(issued, now, is_listed=True)
    note_reading(coupon, issued, now)
    identity.confirm(coupon, now)


def _by_asset(coupons: list[IssuedCoupon]) -> dict[int, list[IssuedCoupon]]:
    """Groups by asset the coupons that are not on record as BitTitan shows them. The asset is the one whose reference
    they carry. If a coupon appears twice, the entry listed under a reference wins."""
    by_asset: dict[int, list[IssuedCoupon]] = {}
    for coupon in {each.id: each for each in reversed(coupons)}.values():
        asset_id = _asset_of(coupon)
        if asset_id is not None and not identity.is_on_record(coupon, asset_id):
            by_asset.setdefault(asset_id, []).append(coupon)
    return by_asset


def _apply(asset_id: int, coupons: list[IssuedCoupon], provider: CouponProvider) -> bool:
    """One purchase may have issued several coupons, while a code or an Id shows only one. So everything that BitTitan
    lists under the reference is applied; the shown coupons alone are used only if no list shows them. Returns False if
    the asset has an unconfirmed code, which must be checked first."""
    newest = select(Attempt).where(Attempt.asset_id == asset_id).order_by(Attempt.number.desc()).limit(1)
    attempt = db.session.scalar(newest)
    db.session.commit()  # hold no transaction while BitTitan is asked
    if attempt is not None and vendor_settings.current().is_searchable and lookups.look_again(attempt, provider):
        return True
    with transaction("confirm"):
        asset, now = lock(Asset, asset_id), clock.now()
        attempt, remaining = db.session.scalar(newest), evidence.exclude_decided(asset, coupons)
        if attempt is None or not remaining:
            return True
        if reopening.must_confirm_first(
            asset, remaining, is_complete=False, by=transitions.worker_for(attempt), now=now
        ):
            return False
        lookups.apply_found(attempt, remaining, now, is_complete=False)
        return True


def _asset_of(coupon: IssuedCoupon) -> int | None:
    asset_id = db.session.scalar(select(Asset.id).where(Asset.reference == coupon.reference))
    db.session.commit()
    return asset_id


def _put_off(row: Row) -> None:
    with transaction():
        coupon, now = lock(Coupon, row.id), clock.now()
        if coupon.confirm_at is not None:
            soon, at_last = now + rate_limit.ASK_AGAIN, now + 10 * rate_limit.ASK_AGAIN
            coupon.confirm_at = min(max(_later(coupon, now), soon), at_last)


def _ask_again_soon(row: Row) -> None:
    """Whatever was decided, the coupon belongs to an asset that cannot take it yet."""
    with transaction():
        coupon, now = lock(Coupon, row.id), clock.now()
        if not coupon.is_confirmed:
            coupon.confirm_at = now + rate_limit.ASK_AGAIN


def _is_late_enough(row: Coupon, view: CouponView) -> bool:
    """A new coupon may not be listed at once, so an absence counts only after the quarantine."""
    quarantine = timedelta(seconds=settings().provisioning.quarantine)
    return view.began_at >= row.recorded_at + quarantine and breaker.trusts_the_clock(view.began_at)


def _later(row: Coupon, now: datetime) -> datetime:
    """The next time on the look-up schedule, counted from the recording."""
    seconds = (*settings().provisioning.lookups, settings().provisioning.quarantine)
    moments = [row.recorded_at + timedelta(seconds=each) for each in seconds]
    return min((each for each in moments if each > now), default=now + timedelta(days=1))
