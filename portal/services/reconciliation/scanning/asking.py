"""Asks BitTitan singly about what is on record and was not listed: redeemed and expired coupons are not. Only what it
then does not know is a finding.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, and_, or_, select

from portal.core import clock
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
from portal.providers.base import Absent, Checked, CouponProvider, IssuedCoupon, Unanswered
from portal.providers.causes import Cause
from portal.services import vendor
from portal.services.coupons import coupon_rows
from portal.services.reconciliation.matching import finding_rows
from portal.services.reconciliation.matching.finding_rows import Draft
from portal.services.reconciliation.scanning import scope, shown_coupons, steps
from portal.services.reconciliation.scanning.reach import LISTED_WITHIN
from portal.services.reconciliation.scanning.steps import Place

AT_ONCE = 20
Answer = IssuedCoupon | Absent | Checked | Unanswered


def advance(place: Place, renew: Callable[[], bool]) -> datetime | None:
    """Returns when to go on; None if the run has ended."""
    rows = _not_shown(place.run, place.position) if place.run.may_miss else []
    if not rows:
        with steps.step(place) as row:
            steps.enter(row, ReconciliationState.MATCHING)
        return clock.now()
    if place.run.source is ReconciliationSource.FILE:
        return _call_missing(place, rows)
    provider, seller_id, answers = vendor.provider(), vendor.seller_id(), []
    db.session.commit()  # hold no transaction while BitTitan is asked
    for row in rows:
        answer = _ask(provider, row, seller_id)
        if isinstance(answer, Unanswered):
            return steps.unanswered(place, answer.cause, answer.pause) if _keep(place, rows, answers) else None
        if not renew():
            return clock.now()
        answers.append(answer)
    return clock.now() if _keep(place, rows, answers) else None


def _ask(provider: CouponProvider, row: Row, seller_id: str | None) -> Answer:
    if row.bittitan_id is not None:
        return provider.read_coupon(row.bittitan_id, seller_id=seller_id)
    return provider.check_code(row.code, seller_id=seller_id)


def _keep(place: Place, rows: Sequence[Row], answers: Sequence[Answer]) -> bool:
    """Keeps what was answered. Returns False if the run had to end."""
    pairs = list(zip(rows, answers, strict=False))
    if not pairs:
        return True
    with steps.step(place) as run:
        shown = [(row, coupon) for row, answer in pairs if (coupon := _coupon_of(answer)) is not None]
        if any(_should_be_listed(run, row, coupon) for row, coupon in shown):
            steps.end_incomplete(run, Cause.LIST_NOT_ALL)
            return False
        shown_coupons.add(run, [shown_coupons.of_issued(coupon, is_listed=False) for _row, coupon in shown])
        drafts = [draft for row, answer in pairs if (draft := _draft(row, answer))]
        finding_rows.write(run, drafts)
        coupon_rows.note_all_absent([draft.coupon_id for draft in drafts], clock.now())
        run.position, run.tries = pairs[-1][0].id, 0
        steps.count(run, asked=len(pairs))
    return True


def _coupon_of(answer: Answer) -> IssuedCoupon | None:
    if isinstance(answer, Checked):
        return answer.coupon
    return answer if isinstance(answer, IssuedCoupon) else None


def _should_be_listed(run: ReconciliationRun, row: Row, coupon: IssuedCoupon) -> bool:
    """An active coupon that is neither new nor outside of what was listed: then others may be missing, too."""
    since = scope.listed_since(run)
    is_old = row.recorded_at < run.made_at - LISTED_WITHIN and coupon.created < run.made_at - LISTED_WITHIN
    return coupon.status == "Active" and is_old and (since is None or coupon.created >= since)


def _draft(row: Row, answer: Answer) -> Draft | None:
    if isinstance(answer, Absent):
        return _missing(row, FindingKind.NOT_LISTED)
    if isinstance(answer, Checked) and answer.is_no_code:
        return _missing(row, FindingKind.NOT_LISTED if row.is_verified else FindingKind.UNVERIFIED)
    return None


def _missing(row: Row, kind: FindingKind) -> Draft:
    here = (row.id, row.code, row.standing.value, row.status, row.asset_id)
    return Draft(kind, f"record:{row.id}", here, (), asset_id=row.asset_id, coupon_id=row.id, asset_version=row.version)


def _call_missing(place: Place, rows: Sequence[Row]) -> datetime:
    """A person said that the file is complete. Nobody is asked; what can be told by our own dates is not missing."""
    now = clock.now()
    with steps.step(place) as run:
        missing = [row for row in rows if row.expires_at is None or row.expires_at > now]
        finding_rows.write(run, [_missing(row, FindingKind.NOT_LISTED) for row in missing])
        run.position = rows[-1].id
    return now


def _not_shown(run: ReconciliationRun, position: int) -> list[Row]:
    """On record, perhaps still redeemable, and not among what was listed."""
    columns = (
        Coupon.id, Coupon.code, Coupon.bittitan_id, Coupon.standing, Coupon.status, Coupon.asset_id,
        Coupon.is_verified, Coupon.recorded_at, Coupon.expires_at, Asset.version,
    )  # fmt: skip
    rows = _in_scope(run, select(*columns).outerjoin(Asset, Asset.id == Coupon.asset_id))
    may_be_listed = (
        Coupon.standing != CouponStanding.WITHDRAWN,
        or_(Coupon.status.is_(None), Coupon.status.not_in(SPENT)),
        Coupon.recorded_at < run.made_at,
        Coupon.id > position,
        ~_is_shown(run),
    )
    return list(db.session.execute(rows.where(*may_be_listed).order_by(Coupon.id).limit(AT_ONCE)))


def _in_scope(run: ReconciliationRun, rows: Select) -> Select:
    conditions = scope.of_assets(run)
    return rows if run.scope is ReconciliationScope.EVERYTHING else rows.where(*conditions)


def _is_shown(run: ReconciliationRun):
    """By its Id, or by its code, in two branches that each have an index."""
    shown = select(ShownCoupon.id).where(ShownCoupon.run_id == run.id)
    by_id = shown.where(ShownCoupon.key == Coupon.bittitan_id).exists()
    by_code = shown.where(ShownCoupon.code == Coupon.code).exists()
    return or_(and_(Coupon.bittitan_id.is_not(None), by_id), by_code)
