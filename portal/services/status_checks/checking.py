"""One question about one code, and what its answer changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy import Row, select

from portal.core import clock
from portal.core.audit import Actor
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    SPENT,
    Asset,
    CheckCause,
    CheckResult,
    Coupon,
    CouponStanding,
    StatusCheck,
)
from portal.providers.base import Absent, Checked, CouponProvider, IssuedCoupon, Unanswered
from portal.services import vendor, vendor_settings
from portal.services.coupons import compare, identity
from portal.services.coupons.coupon_rows import is_read_since, note_absent, note_reading, note_status
from portal.services.provisioning import coupon_query, lookups

ACTIVE = "Active"
_COLUMNS = (Coupon.id, Coupon.asset_id, Coupon.code, Coupon.bittitan_id)
AlsoWrite = Callable[[CheckResult], None]


def nothing(_result: CheckResult) -> None:
    """Nothing else is written."""


@dataclass(frozen=True)
class Outcome:
    result: CheckResult
    requests: int
    is_silent: bool = False
    """No response came at all, so the other coupons would get none either."""


def check(
    asset_id: int, *, cause: CheckCause, by: Actor, also_write: AlsoWrite = nothing
) -> Outcome | None:  # fmt: skip
    """None if the asset has no code. `also_write` runs in the same transaction, if BitTitan answered."""
    recorded = (Coupon.asset_id == asset_id, Coupon.standing == CouponStanding.RECORDED)
    row = db.session.execute(select(*_COLUMNS).where(*recorded)).one_or_none()
    if row is None:
        return None
    provider, seller_id, asked_at, began = vendor.provider(), coupon_query.seller(), clock.now(), monotonic()
    answer, requests = _ask(row, provider, seller_id)
    milliseconds = round((monotonic() - began) * 1000)
    with transaction("status check"):
        asset, coupon, now = lock(Asset, asset_id), lock(Coupon, row.id), clock.now()
        if (coupon.asset_id, coupon.standing) != (asset_id, CouponStanding.RECORDED):
            return Outcome(CheckResult.DIFFERS, requests)  # it is another asset's by now
        result = _note(asset, coupon, answer, asked_at, now)
        name = getattr(by, "name", by)
        db.session.add(
            StatusCheck(asset_id=asset_id, at=now, cause=cause, actor=name, result=result, milliseconds=milliseconds)
        )
        if result is not CheckResult.NO_ANSWER:
            also_write(result)
    return Outcome(result, requests, isinstance(answer, Unanswered) and answer.trace.status is None)


def _ask(
    row: Row, provider: CouponProvider, seller_id: str | None
) -> tuple[IssuedCoupon | Checked | Unanswered, int]:  # fmt: skip
    """By Id, and by code if there is no Id or no coupon under it. Holds no transaction meanwhile."""
    requests = 0
    if row.bittitan_id is not None and vendor_settings.current().is_searchable:
        answer, requests = provider.read_coupon(row.bittitan_id, seller_id=seller_id), 1
        lookups.record_answer(answer)
        if not isinstance(answer, Absent):
            return answer, requests
    checked = provider.check_code(row.code, seller_id=seller_id)
    lookups.record_answer(checked)
    return checked, requests + 1


def _note(
    asset: Asset, coupon: Coupon, answer: IssuedCoupon | Checked | Unanswered, asked_at: datetime, now: datetime
) -> CheckResult:  # fmt: skip
    """Inside a transaction that holds both."""
    if isinstance(answer, Unanswered):
        return CheckResult.NO_ANSWER
    if is_read_since(coupon, asked_at):
        return _result(coupon)
    shown = answer.coupon if isinstance(answer, Checked) else answer
    if shown is not None:
        return _note_shown(asset, coupon, shown, now)
    if not answer.is_no_code:
        status = ACTIVE if answer.is_valid else answer.reason if answer.reason in SPENT else coupon.status
        note_status(coupon, status, now)
    elif not coupon.is_being_confirmed and coupon.disputed_at is None:  # otherwise its first look-up decides
        note_absent(coupon, now)
    else:
        return CheckResult.NOT_LISTED
    return _result(coupon)


def _note_shown(asset: Asset, coupon: Coupon, shown: IssuedCoupon, now: datetime) -> CheckResult:
    if not _is_it(coupon, shown) or _is_of_another(coupon, shown):
        return CheckResult.DIFFERS
    note_reading(coupon, shown, now)
    if coupon.confirmed_at is None and coupon.disputed_at is None and _is_as_asked(asset, coupon, shown):
        if coupon.bittitan_id is None:
            coupon.bittitan_id = identity.id_to_record(shown, now, is_listed=True)
        identity.confirm(coupon, now)
    return _result(coupon)


def _is_it(coupon: Coupon, shown: IssuedCoupon) -> bool:
    return compare.is_same_coupon(coupon, shown) and coupon.bittitan_id in (None, shown.id)


def _is_of_another(coupon: Coupon, shown: IssuedCoupon) -> bool:
    """A code that was typed or imported may prove to be issued for another asset's order."""
    owner_id = db.session.scalar(select(Asset.id).where(Asset.reference == shown.reference))
    return owner_id not in (None, coupon.asset_id, coupon.moved_from_id)


def _is_as_asked(asset: Asset, coupon: Coupon, shown: IssuedCoupon) -> bool:
    if coupon.reference:
        return compare.has_same_content(coupon, shown)
    return not any(compare.differences(asset, shown))


def _result(coupon: Coupon) -> CheckResult:
    """Never asked, after BitTitan answered without a status: it knows the code."""
    value = coupon.at_bittitan.value
    return CheckResult(value) if value in {each.value for each in CheckResult} else CheckResult.OTHER
