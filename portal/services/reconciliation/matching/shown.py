"""Compares the coupons that BitTitan showed with the records, some at a time."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Row, and_, bindparam, or_, select, update

from portal.core import clock
from portal.core.transaction import lock, lock_in_order
from portal.extensions import db
from portal.models import (
    SPENT,
    Asset,
    Coupon,
    CouponStanding,
    FindingKind,
    ReconciliationRun,
    ReconciliationScope,
    ReconciliationSource,
    ReconciliationState,
    ShownCoupon,
)
from portal.services.coupons import coupon_rows, identity
from portal.services.lists.join_hints import Apart
from portal.services.provisioning.reserve import PREFIX
from portal.services.reconciliation.matching import differences, finding_rows, records
from portal.services.reconciliation.matching.finding_rows import Draft
from portal.services.reconciliation.matching.records import Records
from portal.services.reconciliation.scanning import scope, shown_coupons, steps
from portal.services.reconciliation.scanning.steps import Place

AT_ONCE = 500
PARTS = 10
"""That are compared until the worker hears of it."""
_COUPONS, _SHOWN = Coupon.__table__, ShownCoupon.__table__
"""Read without objects: there are many."""
_NEWS = (
    update(_COUPONS)
    .where(_COUPONS.c.id == bindparam("row_id"))
    .values(status=bindparam("news"), redeemed_at=bindparam("redeemed"), redeemed_on=bindparam("day"))
)


def advance(place: Place) -> datetime:
    for _part in range(PARTS):
        if place.state is ReconciliationState.MATCHING:
            _advance(place)
    return clock.now()


def _advance(place: Place) -> None:
    with steps.step(place) as run:
        coupons = _next(run)
        if coupons:
            _match(run, coupons)
            run.position = coupons[-1].id
        else:
            steps.enter(run, ReconciliationState.SEARCHING)


def _next(run: ReconciliationRun) -> Sequence[Row]:
    """In the order of the table: by the run's own index SQLite would read and sort all of them each time."""
    rows = select(*_SHOWN.c).where(Apart(_SHOWN.c.run_id == run.id), _SHOWN.c.id > run.position)
    return db.session.execute(rows.order_by(_SHOWN.c.id).limit(AT_ONCE)).all()


def _match(run: ReconciliationRun, coupons: Sequence[Row]) -> None:
    """Inside a transaction that holds the run."""
    known, drafts, same, counts = records.read(run, coupons), [], [], dict.fromkeys(("open", "outside"), 0)
    doubted: set[int] = set()
    for shown in coupons:
        result = judge(run, shown, known)
        if isinstance(result, Draft):
            drafts.append(result)
            doubted |= _doubted(result, shown, known)
        elif isinstance(result, str):
            counts[result] += 1
        else:
            same.append((result, shown))
    is_live = run.source is ReconciliationSource.LIVE
    _lock_assets({draft.asset_id for draft in drafts} | (_moved(coupons, known) if is_live else set()))
    finding_rows.write(run, drafts)
    if is_live:
        _show_again(run, coupons, known, clock.now())
        _confirm(run, same, clock.now())
        _check_singly(doubted, clock.now())
    steps.count(run, matched=len(same), **counts)


def _doubted(draft: Draft, shown: Row, known: Records) -> set[int]:
    """Records that BitTitan never confirmed, and now shows otherwise."""
    fields = {field for field, _here, _there in draft.differences}
    if draft.kind is FindingKind.TWO_RECORDS or draft.kind is FindingKind.DIFFERS and fields & differences.MARKS:
        return {row.id for row in known.of(shown) if row is not None and row.confirmed_at is None}
    return set()


def _check_singly(row_ids: set[int], now: datetime) -> None:
    """Has them looked up (provisioning/confirmation.py). Their codes are hidden until then."""
    for row_id in sorted(row_ids):
        row = lock(Coupon, row_id)
        identity.dispute(row, now)
        if not row.is_confirmed and row.standing is not CouponStanding.WITHDRAWN:
            row.confirm_at = now


def judge(run: ReconciliationRun, shown: Row, known: Records) -> Draft | Row | str:
    """A finding; the record with which it agrees; or why it is not looked at."""
    by_id, by_code = known.of(shown)
    if by_id is not None and by_code is not None and by_id.id != by_code.id:
        return _draft(FindingKind.TWO_RECORDS, shown, by_code, known, [])
    row = by_id or by_code
    if row is None:
        return _unknown(run, shown, known)
    if not _is_in_scope(run, row, known):
        return "outside"
    owner = known.by_reference.get(shown.reference)
    found = differences.between(row, known.assets.get(row.asset_id), shown)
    if owner is not None and owner.id not in (row.asset_id, row.moved_from_id) and not row.reference:
        found.append(["reference", None, shown.reference])
    return _draft(FindingKind.DIFFERS, shown, row, known, found) if found else row


def _is_in_scope(run: ReconciliationRun, row: Row, known: Records) -> bool:
    return row.asset_id in known.in_scope or row.asset_id is None and run.scope is ReconciliationScope.EVERYTHING


def _unknown(run: ReconciliationRun, shown: Row, known: Records) -> Draft | str:
    owner = known.by_reference.get(shown.reference)
    if owner is None:
        is_ours = (shown.reference or "").startswith(PREFIX)
        if not scope.has_foreign(run, shown, known.organizations):
            return "outside"
        return _draft(FindingKind.UNRECORDED if is_ours else FindingKind.FOREIGN, shown, None, known, [])
    if owner.id not in known.in_scope:
        return "outside"
    if owner.id in known.open:
        return "open"
    is_further = owner.id in known.with_code or known.first[shown.reference] != shown.id
    kind = FindingKind.DUPLICATE if is_further else FindingKind.UNRECORDED
    return _draft(kind, shown, None, known, [], asset=owner)


def _draft(
    kind: FindingKind, shown: Row, row: Row | None, known: Records, found: list, asset: Row | None = None
) -> Draft:
    asset = asset or (known.assets.get(row.asset_id) if row is not None else None)
    here = (
        row and (row.id, row.code, row.bittitan_id, row.standing.value, row.quantity, row.expires_at),
        asset and (asset.id, asset.sync_status.value, asset.lifecycle.value, asset.quantity, asset.redeem_by),
    )
    there = (
        shown.bittitan_id, shown.code, shown.reference, shown.sku_id, shown.organization_id, shown.quantity,
        shown.status, shown.expires_at,
    )  # fmt: skip
    key = f"coupon:{shown.bittitan_id}" if shown.bittitan_id else f"code:{finding_rows.digest(shown.code)}"
    return Draft(
        kind, key, here, there, asset_id=asset and asset.id, asset_version=asset and asset.version,
        coupon_id=row and row.id, shown_id=shown.id, differences=found,
    )  # fmt: skip


def _lock_assets(asset_ids: set[int | None]) -> None:
    """Before their coupons, as everybody who locks both."""
    if known := asset_ids - {None}:
        lock_in_order(Asset, known)


def _moved(coupons: Sequence[Row], known: Records) -> set[int | None]:
    """Assets whose days a status moves (migration 0047)."""
    pairs = [(row, shown) for shown in coupons for row in known.of(shown) if row is not None]
    return {row.asset_id for row, shown in pairs if _is_news(row, shown)}


def _is_news(row: Row, shown: Row) -> bool:
    return (row.status, row.redeemed_at) != (shown.status, shown.redeemed_at)


def _show_again(run: ReconciliationRun, coupons: Sequence[Row], known: Records, now: datetime) -> None:
    """BitTitan shows what it did not know before, whether or not it agrees with the record."""
    for shown in coupons:
        row = known.by_code.get(shown.code)
        if row is None or row.absent_at is None:
            continue
        coupon = lock(Coupon, row.id)
        if coupon.absent_at is not None and not coupon_rows.is_read_since(coupon, run.made_at):
            coupon_rows.note_status(coupon, shown.status, now)


def _confirm(run: ReconciliationRun, same: Sequence[tuple[Row, Row]], now: datetime) -> None:
    """Notes what BitTitan says, and adds the Id to a code that was recorded without one. What somebody has read since
    the run began is newer and stays, unless the coupon is spent by now: that never changes back."""
    noted = _note_read(run, same, now)
    same = [(row, shown) for row, shown in same if row.id in noted]
    news = [
        {"row_id": row.id, "news": shown.status, "redeemed": shown.redeemed_at, "day": _day(shown.redeemed_at)}
        for row, shown in same
        if _is_news(row, shown)
    ]
    if news:
        db.session.connection().execute(_NEWS, news)
    unconfirmed = [row.id for row, _shown in same if row.confirmed_at is None and row.disputed_at is None]
    if unconfirmed:
        is_row = (Coupon.id.in_(unconfirmed), Coupon.disputed_at.is_(None))
        db.session.execute(update(Coupon).where(*is_row).values(identity.confirmed(now)))
    for row, shown in same:
        if row.bittitan_id is None:
            coupon = lock(Coupon, row.id)
            coupon.bittitan_id = identity.id_to_record(shown_coupons.issued(shown), now, is_listed=True)


def _note_read(run: ReconciliationRun, same: Sequence[tuple[Row, Row]], now: datetime) -> set[int]:
    """By compare-and-set, as the records were read without a lock. Returns those that it noted, which stay locked."""
    row_ids, spent = [row.id for row, _shown in same], [row.id for row, shown in same if shown.status in SPENT]
    is_news = and_(Coupon.id.in_(spent), or_(Coupon.status.is_(None), Coupon.status.not_in(SPENT)))
    is_older = or_(Coupon.read_at.is_(None), Coupon.read_at < run.made_at, is_news)
    is_held = Coupon.standing != CouponStanding.WITHDRAWN
    change = update(Coupon).where(Coupon.id.in_(row_ids), is_older, is_held).values(read_at=now, absent_at=None)
    change = change.returning(Coupon.id).execution_options(synchronize_session=False)
    return set(db.session.scalars(change)) if row_ids else set()


def _day(at: datetime | None) -> date | None:
    return at and clock.day_of(at)
