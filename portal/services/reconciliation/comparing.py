"""BitTitan's coupons beside what is on record, both ways. It asks and tells; what it finds, others record."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from portal.extensions import db, settings
from portal.models import (
    OPEN_STATES,
    SPENT,
    Asset,
    Attempt,
    AttemptState,
    Connection,
    Coupon,
    CouponStanding,
)
from portal.providers.base import Absent, CouponProvider, IssuedCoupon, SignedIn, Unanswered
from portal.services import clock, unit
from portal.services.provisioning import lookups
from portal.services.reconciliation import revoking

PREFIX = "mrd-"
"""What every reference of ours begins with (provisioning.new_reference)."""
BATCH = 500
LISTED_WITHIN = timedelta(minutes=15)
"""A new coupon may not be listed at once; older, and it is not listed though it is active, the list is not all."""
NO_ASSET, UNRECORDED, NOT_KNOWN = "no_asset", "unrecorded", "not_known"
"""Under a reference of ours that no asset has; under an asset's reference, but not on record; on record, but BitTitan
does not know it."""


class Incomplete(Exception):
    """Nothing may be claimed. The message is one of the words of web/causes.py."""


@dataclass
class Comparison:
    counts: Counter = field(default_factory=Counter)
    findings: list[dict] = field(default_factory=list)
    cause: str | None = None


@dataclass(frozen=True)
class _Suspect:
    coupon: IssuedCoupon
    asset_id: int | None


def compare(provider: CouponProvider, renew: Callable[[], bool], began_at: datetime) -> Comparison:
    """`renew` is called between two questions; False means that somebody else has taken over."""
    told = Comparison()
    try:
        _check_reach(provider)
        seen, suspects = _scan(provider, renew, told.counts)
        _ask_singly(provider, renew, told, seen, began_at)
        for suspect in suspects:
            told.findings += _still_suspect(suspect, provider)
        told.counts["findings"] = len(told.findings)
    except Incomplete as reason:
        told.cause, told.findings = str(reason), []
    return told


def _check_reach(provider: CouponProvider) -> None:
    """Raises Incomplete where nothing can be known."""
    if not settings().bittitan.is_searchable:
        raise Incomplete("NotSupported")
    ours = db.session.scalar(select(Connection.organization_id))
    db.session.commit()  # nothing is held while BitTitan is asked
    answer = provider.sign_in()
    if not isinstance(answer, SignedIn):
        raise Incomplete(answer.cause)
    if ours not in (None, answer.organization_id):
        raise Incomplete("OtherOrganization")


def _scan(provider: CouponProvider, renew, counts: Counter) -> tuple[set[str], list[_Suspect]]:
    """The Ids of all coupons that are listed, and those that nothing on record accounts for."""
    seen: set[str] = set()
    suspects: list[_Suspect] = []
    for part in provider.list_coupons():
        if isinstance(part, Unanswered):
            raise Incomplete(part.cause)
        _go_on(renew)
        seen.update(coupon.id for coupon in part.coupons)
        counts["shown"] += len(part.coupons)
        suspects += _sort(part.coupons, counts)
        db.session.commit()  # nothing is held while BitTitan is asked
    return seen, suspects


def _sort(coupons: Iterable[IssuedCoupon], counts: Counter) -> list[_Suspect]:
    """Three statements, however many coupons."""
    known = _known(coupons)
    rest = []
    for coupon in coupons:
        standing = known.get(coupon.id) or known.get(coupon.code)
        if standing is None:
            rest.append(coupon)
        else:
            counts["open" if standing is CouponStanding.REVIEW else standing.value] += 1
    assets = _assets({coupon.reference for coupon in rest})
    open_ids = _with_open_unknown(assets.values())
    suspects = []
    for coupon in rest:
        asset_id = assets.get(coupon.reference)
        if asset_id is None and not coupon.reference.startswith(PREFIX):
            counts["others"] += 1
        elif asset_id in open_ids:
            counts["open"] += 1
        else:
            suspects.append(_Suspect(coupon, asset_id))
    return suspects


def _known(coupons: Iterable[IssuedCoupon]) -> dict[str, CouponStanding]:
    """By code and by Id."""
    codes, ids = [each.code for each in coupons], [each.id for each in coupons]
    is_one = or_(Coupon.code.in_(codes), Coupon.bittitan_id.in_(ids)) & (Coupon.standing != CouponStanding.WITHDRAWN)
    found: dict[str, CouponStanding] = {}
    for code, coupon_id, standing in db.session.execute(
        select(Coupon.code, Coupon.bittitan_id, Coupon.standing).where(is_one)
    ):
        found |= {code: standing, coupon_id: standing}
    return found


def _assets(references: set[str]) -> dict[str, int]:
    if not references:
        return {}
    rows = select(Asset.reference, Asset.id).where(Asset.reference.in_(references))
    return {reference: asset_id for reference, asset_id in db.session.execute(rows)}


def _with_open_unknown(asset_ids: Iterable[int]) -> set[int]:
    """Their own look-ups find the coupon: being sent, unknown, in review, or reserved and about to look first."""
    rows = select(Attempt, Asset.created_at).join(Asset, Asset.id == Attempt.asset_id)
    rows = rows.where(Attempt.asset_id.in_(asset_ids), Attempt.state.in_(OPEN_STATES))
    attempts = db.session.execute(rows.execution_options(populate_existing=True)) if asset_ids else ()
    now = clock.now()
    return {attempt.asset_id for attempt, ordered_at in attempts if _finds_it(attempt, ordered_at, now)}


def _finds_it(attempt: Attempt, ordered_at: datetime, now: datetime) -> bool:
    if attempt.state is not AttemptState.RESERVED:
        return True
    return attempt.is_tainted or lookups.must_look_first(attempt, now, ordered_at=ordered_at)


def _ask_singly(provider: CouponProvider, renew, told: Comparison, seen: set[str], began_at: datetime) -> None:
    """What is on record and was not shown: redeemed, expired or revoked is no fault, unknown to BitTitan is one."""
    for batch in _not_shown(seen, began_at):
        readings: dict[int, IssuedCoupon] = {}
        for row in batch:
            _go_on(renew)
            answer = provider.read_coupon(row.bittitan_id)
            if isinstance(answer, Unanswered):
                raise Incomplete(answer.cause)
            told.counts["asked"] += 1
            if isinstance(answer, Absent):
                told.findings.append(_finding(NOT_KNOWN, row.reference, row.bittitan_id, row.asset_id))
            elif answer.status == "Active" and row.recorded_at < began_at - LISTED_WITHIN:
                raise Incomplete("ListNotAll")
            else:
                readings[row.id] = answer
        _note(readings)


def _not_shown(seen: set[str], began_at: datetime) -> Iterator[list]:
    last = 0
    columns = (Coupon.id, Coupon.bittitan_id, Coupon.reference, Coupon.asset_id, Coupon.recorded_at)
    may_be_listed = (
        Coupon.bittitan_id.is_not(None),
        or_(Coupon.status.is_(None), Coupon.status.not_in(SPENT)),
        Coupon.recorded_at < began_at,
    )
    while True:
        rows = select(*columns).where(*may_be_listed, Coupon.id > last).order_by(Coupon.id).limit(BATCH)
        batch = db.session.execute(rows).all()
        db.session.commit()  # nothing is held while BitTitan is asked
        if not batch:
            return
        last = batch[-1].id
        if missing := [row for row in batch if row.bittitan_id not in seen]:
            yield missing


def _note(readings: dict[int, IssuedCoupon]) -> None:
    with unit.writing():
        for coupon_id, told in readings.items():
            revoking.note_reading(unit.fresh(Coupon, coupon_id), told, clock.now())


def _still_suspect(suspect: _Suspect, provider: CouponProvider) -> list[dict]:
    """Looked at once more: it may have been recorded while the scan went on."""
    if not _sort([suspect.coupon], Counter()):
        return []
    if suspect.asset_id is None:
        return [_finding(NO_ASSET, suspect.coupon.reference, suspect.coupon.id, None)]
    finding = _finding(UNRECORDED, suspect.coupon.reference, suspect.coupon.id, suspect.asset_id)
    newest = select(Attempt).where(Attempt.asset_id == suspect.asset_id).order_by(Attempt.number.desc()).limit(1)
    attempt = db.session.scalar(newest)
    db.session.commit()  # nothing is held while BitTitan is asked
    if attempt is not None and lookups.look_again(attempt, provider):
        standing = _known([suspect.coupon]).get(suspect.coupon.id)
        finding["done"] = standing and standing.value
    return [finding]


def _finding(kind: str, reference: str | None, coupon_id: str, asset_id: int | None) -> dict:
    return {"kind": kind, "reference": reference, "coupon_id": coupon_id, "asset_id": asset_id, "done": None}


def _go_on(renew: Callable[[], bool]) -> None:
    if not renew():
        raise Incomplete("TakenOver")
