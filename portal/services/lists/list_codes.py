"""Conditions by what BitTitan says about the recorded code, and by how old its answer is.

Some statuses are rare and some are frequent, and SQLite cannot know which. Without a further filter a list therefore
begins with the codes of the status, which an index has, and stops counting at CAP. More than CAP are dense enough to be
met in the order of the list.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select, union_all

from portal.models import EXPIRED, REDEEMED, REVOKED, Asset, AtBitTitan, Coupon, CouponStanding
from portal.models.coupon import BY_STATUS, MAY_CHANGE
from portal.services.lists.join_hints import Apart, in_order

_STATUSES = {value: status for status, value in BY_STATUS.items()}
_KNOWN = ("Active", REDEEMED, EXPIRED, REVOKED)
_ABSENT = (AtBitTitan.NOT_LISTED, AtBitTitan.UNRECOGNISED)


def of_assets(at: AtBitTitan | None, since: datetime | None) -> list[ColumnElement[bool]]:
    """Conditions on an asset. `since`: BitTitan has answered nothing since then, and the code may still change."""
    wanted = _of_coupon(at, since)
    recorded = (Coupon.asset_id == Asset.id, _is_recorded())
    return [exists().where(*recorded, *wanted).correlate(Asset)] if wanted else []


def begin_with_codes(rows: Select, at: AtBitTitan | None, since: datetime | None) -> Select:
    """`rows` of assets, found by their codes: in the index by status, or in the one by age or absence, which does not
    begin with what is recorded."""
    is_by_status = since is None and at not in _ABSENT
    is_recorded = _is_recorded() if is_by_status else Apart(_is_recorded())
    found = select(Coupon.asset_id).where(is_recorded, *([] if at is None else [_says(at)]))
    if since is not None:  # two parts, as each is a stretch of the index
        found = union_all(*(found.where(MAY_CHANGE, is_old) for is_old in _is_old(since)))
    codes = found.subquery("codes")
    return rows.select_from(in_order(codes, Asset, Asset.id == codes.c.asset_id))


def _is_recorded() -> ColumnElement[bool]:
    """A literal, as a partial index names it."""
    return Coupon.standing == literal(CouponStanding.RECORDED, Coupon.standing.type, literal_execute=True)


def _of_coupon(at: AtBitTitan | None, since: datetime | None) -> list[ColumnElement[bool]]:
    wanted = [] if at is None else [_says(at)]
    if since is not None:
        wanted += [MAY_CHANGE, or_(*_is_old(since))]
    return wanted


def _is_old(since: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Coupon.read_at.is_(None), Coupon.read_at < since


def _says(wanted: AtBitTitan) -> ColumnElement[bool]:
    """As `Coupon.at_bittitan`."""
    if wanted in _ABSENT:
        return and_(Coupon.absent_at.is_not(None), Coupon.is_verified.is_(wanted is AtBitTitan.NOT_LISTED))
    if wanted is AtBitTitan.NEVER_ASKED:
        return and_(Coupon.status.is_(None), Coupon.absent_at.is_(None))
    if wanted is AtBitTitan.OTHER:
        return and_(Coupon.status.not_in(_KNOWN), Coupon.absent_at.is_(None))
    return and_(Coupon.status == _STATUSES[wanted], Coupon.absent_at.is_(None))
