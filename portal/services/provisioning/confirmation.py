"""The first look after a purchase: does BitTitan list the coupon as it answered?

The answer to a purchase is a claim. A few seconds later BitTitan is asked by reference, by Id and by code, within the
rate and for all workers by one step at a time. As answered: confirmed. Otherwise the asset is looked up again
(reopening.py), and a coupon that nobody has and BitTitan does not know is withdrawn.
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
from portal.services import jobs, vendor
from portal.services.coupons import compare, evidence, identity, reopening
from portal.services.coupons.coupon_rows import refresh
from portal.services.provisioning import coupon_query, lookups
from portal.services.provisioning.coupon_query import Seen
from portal.services.vendor import breaker, rate_limit

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Coupons that one step asks about singly."""
MOST = 500
"""Coupons that one step confirms from BitTitan's list."""
PAUSE = timedelta(seconds=10)
"""Until the next step, where none is due."""
_COLUMNS = (
    Coupon.id, Coupon.code, Coupon.bittitan_id, Coupon.reference, Coupon.asset_id, Coupon.standing, Coupon.recorded_at,
    Coupon.issued_at, Coupon.moved_from_id, Coupon.sku_id, Coupon.organization_id, Coupon.quantity,
)  # fmt: skip


def step(claim: jobs.Claim) -> datetime | None:
    """When to go on."""
    provider, began_at = vendor.provider(), clock.now()
    _settle_disputes()
    rows = _due(began_at)
    if not rows:
        return _next()
    hold = lookups.current_delay(provider)
    if hold is not None:
        return max(hold.until, began_at + timedelta(seconds=1))
    holds = _holding(claim, began_at)
    if len(rows) > AT_ONCE and settings().bittitan.is_searchable:
        rows = _without_listed(rows, provider, claim)
    for row in rows[:AT_ONCE]:
        if not holds():
            return None
        if not _look(row, provider):
            return clock.now() + rate_limit.ASK_AGAIN
    rate = settings().provisioning.rate
    return max(_next(), began_at + timedelta(seconds=min(len(rows), AT_ONCE) / rate if rate else 0))


def _look(row: Row, provider: CouponProvider) -> bool:
    """False: BitTitan is silent, and the others would get no answer either."""
    try:
        _decide(row, coupon_query.ask(row, provider), provider)
    except coupon_query.NotAnswered as reason:
        _put_off(row)
        return not reason.is_silent
    except Exception:  # a fault of ours with one coupon keeps no other waiting
        log.exception("coupon %s could not be confirmed", row.id)
        _put_off(row)
    return True


def _holding(claim: jobs.Claim, since: datetime) -> Callable[[], bool]:
    """Asked slowly, all of them take longer than a lease: then others would ask the same, thread by thread."""
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
    rows = select(*_COLUMNS).where(Coupon.confirm_at.is_not(None), Coupon.confirm_at <= now)
    found = db.session.execute(rows.order_by(Coupon.confirm_at, Coupon.id).limit(MOST)).all()
    db.session.commit()  # nothing is held while BitTitan is asked
    return list(found)


def _next() -> datetime:
    waiting, now = select(Coupon.confirm_at).where(Coupon.confirm_at.is_not(None)), clock.now()
    first = db.session.scalar(waiting.order_by(Coupon.confirm_at, Coupon.id).limit(1))
    return min(max(first, now), now + PAUSE) if first else now + PAUSE


def _settle_disputes() -> None:
    """Two claims met: neither is shown until a look has decided, whether BitTitan answers now or not. A code that came
    with no purchase of ours waits for that look where it is, unless BitTitan has listed it for the other already."""
    is_one = (Coupon.confirm_at.is_not(None), Coupon.disputed_at.is_not(None))
    rows = select(Coupon.id, Coupon.asset_id).where(*is_one, Coupon.standing == CouponStanding.RECORDED)
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
    """Many are confirmed at once from BitTitan's list since the oldest of them; what it does not show is left."""
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
    left = {row.id for row in waiting.values()}
    return [row for row in rows if row.id in left or row.issued_at is None or not row.bittitan_id]


def _confirm_many(ids: list[int]) -> None:
    if not ids:
        return
    with transaction():
        of_them = (Coupon.id.in_(ids), Coupon.confirm_at.is_not(None), Coupon.disputed_at.is_(None))
        db.session.execute(update(Coupon).where(*of_them).values(identity.confirmed(clock.now())))


def _decide(row: Row, seen: Seen, provider: CouponProvider) -> None:
    told = seen.named(row)
    if told is not None and _asset_of(told) not in (None, row.asset_id, row.moved_from_id):
        told = None  # it was given by hand or with a file, and belongs to the order of another asset
    with transaction("confirm"):
        asset = None if row.asset_id is None else lock(Asset, row.asset_id)
        kept, now = lock(Coupon, row.id), clock.now()
        if kept.confirm_at is None or (kept.asset_id, kept.standing) != (row.asset_id, row.standing):
            return
        if kept.standing is CouponStanding.WITHDRAWN:
            kept.confirm_at = None  # it was asked about for whoever has it
        elif told is not None and compare.has_same_content(row, told):
            _confirm(kept, told, now)
        elif told is not None and kept.standing is CouponStanding.SURPLUS:
            refresh(kept, told, now)  # nothing else asks what it holds
        else:
            _doubt(asset, kept, seen, now)
    owners = _by_asset(seen.all)
    if not all([_apply(asset_id, coupons, provider) for asset_id, coupons in owners.items()]):
        _ask_again_soon(row)


def _doubt(asset: Asset | None, kept: Coupon, seen: Seen, now: datetime) -> None:
    """Inside a transaction: BitTitan does not show it as it is recorded."""
    is_late, is_false = _is_late_enough(kept, seen), bool(seen.all) and not seen.is_vague
    if kept.standing is CouponStanding.RECORDED and (is_false or is_late and not seen.is_vague):
        reopening.reopen(asset, kept, by=WORKER, now=now)
    elif not is_late and (seen.is_vague or not seen.shows(kept.code)):
        kept.confirm_at = _later(kept, now)
    elif kept.standing is CouponStanding.SURPLUS and not seen.shows(kept.code):
        identity.withdraw(kept, identity.NOT_LISTED)
    else:  # of another order, or evidence for a person, or of which no more can be known
        kept.confirm_at = kept.disputed_at = None


def _confirm(kept: Coupon, coupon: IssuedCoupon, now: datetime) -> None:
    if kept.bittitan_id != coupon.id:
        kept.bittitan_id = identity.id_to_record(coupon, now, is_listed=True)
    kept.status, kept.redeemed_at, kept.read_at = coupon.status, coupon.redeemed, now
    identity.confirm(kept, now)


def _by_asset(coupons: list[IssuedCoupon]) -> dict[int, list[IssuedCoupon]]:
    """Those that are not on record as BitTitan shows them, with the asset whose reference they carry. What it lists
    under a reference counts before what it says otherwise."""
    found: dict[int, list[IssuedCoupon]] = {}
    for coupon in {each.id: each for each in reversed(coupons)}.values():
        asset_id = _asset_of(coupon)
        if asset_id is not None and not identity.is_on_record(coupon, asset_id):
            found.setdefault(asset_id, []).append(coupon)
    return found


def _apply(asset_id: int, coupons: list[IssuedCoupon], provider: CouponProvider) -> bool:
    """One purchase may have brought several coupons, and a code or an Id shows one of them. So all that BitTitan lists
    under the reference is taken; what was shown is taken by itself only where no list shows it. False: the asset has
    a code that is not confirmed yet, and is asked about first."""
    newest = select(Attempt).where(Attempt.asset_id == asset_id).order_by(Attempt.number.desc()).limit(1)
    attempt = db.session.scalar(newest)
    db.session.commit()  # nothing is held while BitTitan is asked
    if attempt is not None and settings().bittitan.is_searchable and lookups.look_again(attempt, provider):
        return True
    with transaction("confirm"):
        asset, now = lock(Asset, asset_id), clock.now()
        attempt, left = db.session.scalar(newest), evidence.undecided(asset, coupons)
        if attempt is None or not left:
            return True
        if reopening.must_wait(asset, left, is_complete=False, by=WORKER, now=now):
            return False
        lookups.apply_found(attempt, left, now, is_complete=False)
        return True


def _asset_of(coupon: IssuedCoupon) -> int | None:
    asset_id = db.session.scalar(select(Asset.id).where(Asset.reference == coupon.reference))
    db.session.commit()
    return asset_id


def _put_off(row: Row) -> None:
    with transaction():
        kept, now = lock(Coupon, row.id), clock.now()
        if kept.confirm_at is not None:
            soon, at_last = now + rate_limit.ASK_AGAIN, now + 10 * rate_limit.ASK_AGAIN  # however old it is by now
            kept.confirm_at = min(max(_later(kept, now), soon), at_last)


def _ask_again_soon(row: Row) -> None:
    """Whatever has been decided about it: it belongs to an asset that does not take it yet."""
    with transaction():
        kept, now = lock(Coupon, row.id), clock.now()
        if not kept.is_confirmed:
            kept.confirm_at = now + rate_limit.ASK_AGAIN


def _is_late_enough(row: Coupon, seen: Seen) -> bool:
    """A new coupon may not be listed at once: that BitTitan knows none counts only after the quarantine."""
    quarantine = timedelta(seconds=settings().provisioning.quarantine)
    return seen.began_at >= row.recorded_at + quarantine and breaker.trusts_the_clock(seen.began_at)


def _later(row: Coupon, now: datetime) -> datetime:
    """The next time of the look-ups' schedule, counted from the recording."""
    seconds = (*settings().provisioning.lookups, settings().provisioning.quarantine)
    moments = [row.recorded_at + timedelta(seconds=each) for each in seconds]
    return min((each for each in moments if each > now), default=now + timedelta(days=1))
