"""Compares BitTitan's coupons with those on record, in both directions. It asks and reports; other modules record what
it finds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Row, or_, select, update

from portal.core import clock
from portal.core.transaction import lock, transaction
from portal.extensions import db
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
from portal.providers.causes import Cause
from portal.services import vendor_settings
from portal.services.coupons import identity, revocations
from portal.services.coupons.compare import is_as_recorded, is_listed_as_recorded
from portal.services.provisioning import lookups

PREFIX = "mrd-"
"""All our references begin with this (provisioning.new_reference)."""
BATCH = 500
_MARKS = (
    Coupon.id, Coupon.code, Coupon.bittitan_id, Coupon.reference, Coupon.asset_id, Coupon.moved_from_id,
    Coupon.standing, Coupon.confirmed_at, Coupon.sku_id, Coupon.organization_id, Coupon.quantity,
)  # fmt: skip

LISTED_WITHIN = timedelta(minutes=15)
"""A new coupon may not be listed at once. If an older active one is not listed, the list is incomplete."""
NO_ASSET, UNRECORDED, NOT_KNOWN, DIFFERS = "no_asset", "unrecorded", "not_known", "differs"
"""Kinds of findings: a coupon under one of our references that no asset has; under an asset's reference, but not on
record; on record, but unknown to BitTitan; on record with another code, Id, reference or content than BitTitan shows.
"""


FINAL = frozenset({Cause.NOT_SUPPORTED, Cause.OTHER_ORGANIZATION})
"""Causes that asking again does not change."""


class Incomplete(Exception):
    """Nothing may be concluded. The message is one of the causes in display/wording/cause_wording.py."""


@dataclass
class Comparison:
    counts: Counter = field(default_factory=Counter)
    findings: list[dict] = field(default_factory=list)
    cause: str | None = None


@dataclass(frozen=True)
class _Suspect:
    coupon: IssuedCoupon
    asset_id: int | None
    unlike: tuple[int, ...] = ()
    """Rows on record with its code or its Id that differ from what BitTitan shows."""


def compare(provider: CouponProvider, renew: Callable[[], bool], began_at: datetime) -> Comparison:
    """Calls `renew` between two requests to BitTitan; if it returns False, somebody else has taken over."""
    comparison = Comparison()
    try:
        check_reach(provider)
        listed_ids, suspects = _scan(provider, renew, comparison.counts)
        _ask_singly(provider, renew, comparison, listed_ids, began_at)
        for suspect in suspects:
            comparison.findings += _still_suspect(suspect, provider)
        comparison.counts["findings"] = len(comparison.findings)
    except Incomplete as reason:
        comparison.cause, comparison.findings = str(reason), []
    return comparison


def check_reach(provider: CouponProvider) -> None:
    """Raises Incomplete if BitTitan cannot be asked."""
    if not vendor_settings.current().is_searchable:
        raise Incomplete(Cause.NOT_SUPPORTED)
    ours = db.session.scalar(select(Connection.organization_id))
    db.session.commit()  # hold no transaction while BitTitan is asked
    answer = provider.sign_in()
    if not isinstance(answer, SignedIn):
        raise Incomplete(answer.cause)
    if ours not in (None, answer.organization_id):
        raise Incomplete(Cause.OTHER_ORGANIZATION)


def _scan(provider: CouponProvider, renew, counts: Counter) -> tuple[set[str], list[_Suspect]]:
    """The Ids of all listed coupons, and the coupons that no record explains."""
    listed_ids: set[str] = set()
    suspects: list[_Suspect] = []
    for part in provider.list_coupons():
        if isinstance(part, Unanswered):
            raise Incomplete(part.cause)
        _go_on(renew)
        listed_ids.update(coupon.id for coupon in part.coupons)
        counts["shown"] += len(part.coupons)
        suspects += _sort(part.coupons, counts)
        db.session.commit()  # hold no transaction while BitTitan is asked
    return listed_ids, suspects


def _sort(coupons: Iterable[IssuedCoupon], counts: Counter) -> list[_Suspect]:
    """Takes three statements, however many coupons there are."""
    by_code, by_id = _known(coupons)
    assets = _assets({coupon.reference for coupon in coupons if not _is_as_recorded(coupon, by_code)})
    rest, suspects, same = [], [], {}
    for coupon in coupons:
        row, other = by_code.get(coupon.code), by_id.get(coupon.id)
        if row is None and other is None:
            rest.append(coupon)
        elif _is_as_recorded(coupon, by_code) or _is_given(coupon, row, other, assets):
            counts["open" if row.standing is CouponStanding.REVIEW else row.standing.value] += 1
            same[row.id] = row, coupon
        else:
            unlike = tuple({each.id for each in (row, other) if each is not None})
            suspects.append(_Suspect(coupon, assets.get(coupon.reference), unlike))
    _confirm([row_id for row_id, (row, _coupon) in same.items() if row.confirmed_at is None])
    _complete({row_id: coupon for row_id, (row, coupon) in same.items() if row.bittitan_id is None})
    open_ids = with_open_unknown(assets.values())
    for coupon in rest:
        asset_id = assets.get(coupon.reference)
        if asset_id is None and not coupon.reference.startswith(PREFIX):
            counts["others"] += 1
        elif asset_id in open_ids:
            counts["open"] += 1
        else:
            suspects.append(_Suspect(coupon, asset_id))
    return suspects


def _known(coupons: Iterable[IssuedCoupon]) -> tuple[dict[str, Row], dict[str, Row]]:
    """Rows by code and by Id. Ignores withdrawn codes: they belong to nobody, so showing one is news."""
    codes, ids = [each.code for each in coupons], [each.id for each in coupons]
    has_mark = or_(Coupon.code.in_(codes), Coupon.bittitan_id.in_(ids))
    is_kept = Coupon.standing != CouponStanding.WITHDRAWN
    rows = db.session.execute(select(*_MARKS).where(has_mark, is_kept)).all()
    return {row.code: row for row in rows}, {row.bittitan_id: row for row in rows}


def _is_as_recorded(coupon: IssuedCoupon, by_code: dict[str, Row]) -> bool:
    row = by_code.get(coupon.code)
    return row is not None and is_listed_as_recorded(row, coupon)


def _is_given(coupon: IssuedCoupon, row: Row | None, other: Row | None, assets: dict[str, int]) -> bool:
    """The code was typed or imported without its Id. It is ours, unless it was issued for another asset."""
    if row is None or other not in (None, row):
        return False
    may_be_same = row.bittitan_id in (None, coupon.id) and not row.reference
    return may_be_same and assets.get(coupon.reference) in (None, row.asset_id, row.moved_from_id)


def _confirm(row_ids: list[int]) -> None:
    if not row_ids:
        return
    with transaction():
        conditions = (Coupon.id.in_(row_ids), Coupon.disputed_at.is_(None))
        db.session.execute(update(Coupon).where(*conditions).values(identity.confirmed(clock.now())))


def _complete(coupons: dict[int, IssuedCoupon]) -> None:
    """Adds the Id to codes that were typed or imported without one, so that they can be revoked."""
    if not coupons:
        return
    with transaction():
        for row_id, coupon in coupons.items():
            row, now = lock(Coupon, row_id), clock.now()
            row.bittitan_id = row.bittitan_id or identity.id_to_record(coupon, now, is_listed=True)


def _assets(references: set[str]) -> dict[str, int]:
    if not references:
        return {}
    rows = select(Asset.reference, Asset.id).where(Asset.reference.in_(references))
    return {reference: asset_id for reference, asset_id in db.session.execute(rows)}


def with_open_unknown(asset_ids: Iterable[int]) -> set[int]:
    """Assets whose own look-ups will find the coupon: being sent, unknown, in review, or reserved and about to look
    first."""
    rows = select(Attempt, Asset.created_at).join(Asset, Asset.id == Attempt.asset_id)
    rows = rows.where(Attempt.asset_id.in_(asset_ids), Attempt.state.in_(OPEN_STATES))
    attempts = db.session.execute(rows.execution_options(populate_existing=True)) if asset_ids else ()
    now = clock.now()
    return {attempt.asset_id for attempt, ordered_at in attempts if _finds_coupon(attempt, ordered_at, now)}


def _finds_coupon(attempt: Attempt, ordered_at: datetime, now: datetime) -> bool:
    if attempt.state is not AttemptState.RESERVED:
        return True
    return attempt.is_tainted or lookups.must_look_first(attempt, now, ordered_at=ordered_at)


def _ask_singly(provider: CouponProvider, renew, result: Comparison, listed_ids: set[str], began_at: datetime) -> None:
    """Asks about coupons on record that were not listed. A redeemed, expired or revoked one is fine; one that BitTitan
    does not know is a finding."""
    for batch in _not_shown(listed_ids, began_at):
        readings: dict[int, IssuedCoupon] = {}
        for row in batch:
            _go_on(renew)
            answer = provider.read_coupon(row.bittitan_id)
            if isinstance(answer, Unanswered):
                raise Incomplete(answer.cause)
            result.counts["asked"] += 1
            if isinstance(answer, Absent):
                result.findings.append(_finding(NOT_KNOWN, row.reference, row.bittitan_id, row.asset_id))
            elif not is_as_recorded(row, answer):
                _ask_again((row.id,))
                result.findings.append(_finding(DIFFERS, row.reference, row.bittitan_id, row.asset_id))
            elif answer.status == "Active" and row.recorded_at < began_at - LISTED_WITHIN:
                raise Incomplete(Cause.LIST_NOT_ALL)
            else:
                readings[row.id] = answer
        _record_readings(readings)


def _not_shown(listed_ids: set[str], began_at: datetime) -> Iterator[list]:
    last = 0
    columns = (*_MARKS, Coupon.recorded_at)
    may_be_listed = (
        Coupon.standing != CouponStanding.WITHDRAWN,
        Coupon.bittitan_id.is_not(None),
        or_(Coupon.status.is_(None), Coupon.status.not_in(SPENT)),
        Coupon.recorded_at < began_at,
    )
    while True:
        rows = select(*columns).where(*may_be_listed, Coupon.id > last).order_by(Coupon.id).limit(BATCH)
        batch = db.session.execute(rows).all()
        db.session.commit()  # hold no transaction while BitTitan is asked
        if not batch:
            return
        last = batch[-1].id
        if missing := [row for row in batch if row.bittitan_id not in listed_ids]:
            yield missing


def _record_readings(readings: dict[int, IssuedCoupon]) -> None:
    with transaction():
        for coupon_id, reading in readings.items():
            revocations.note_reading(lock(Coupon, coupon_id), reading, clock.now())


def _still_suspect(suspect: _Suspect, provider: CouponProvider) -> list[dict]:
    """Checks a suspect again: it may have been recorded while the scan was running."""
    still = _sort([suspect.coupon], Counter())
    if not still:
        return []
    kind = DIFFERS if still[0].unlike else NO_ASSET if suspect.asset_id is None else UNRECORDED
    finding = _finding(kind, suspect.coupon.reference, suspect.coupon.id, suspect.asset_id)
    _ask_again(still[0].unlike)
    if suspect.asset_id is None:
        return [finding]
    newest = select(Attempt).where(Attempt.asset_id == suspect.asset_id).order_by(Attempt.number.desc()).limit(1)
    attempt = db.session.scalar(newest)
    db.session.commit()  # hold no transaction while BitTitan is asked
    if attempt is not None and lookups.look_again(attempt, provider):
        by_code = _known([suspect.coupon])[0]
        if _is_as_recorded(suspect.coupon, by_code):
            finding["done"] = by_code[suspect.coupon.code].standing.value
    return [finding]


def _ask_again(row_ids: tuple[int, ...]) -> None:
    """Has unconfirmed coupons checked individually (provisioning/confirmation.py); their codes are hidden until
    then."""
    with transaction():
        for row_id in row_ids:
            row, now = lock(Coupon, row_id), clock.now()
            identity.dispute(row, now)
            if not row.is_confirmed and row.standing is not CouponStanding.WITHDRAWN:
                row.confirm_at = now


def _finding(kind: str, reference: str | None, coupon_id: str, asset_id: int | None) -> dict:
    return {"kind": kind, "reference": reference, "coupon_id": coupon_id, "asset_id": asset_id, "done": None}


def _go_on(renew: Callable[[], bool]) -> None:
    if not renew():
        raise Incomplete(Cause.TAKEN_OVER)
