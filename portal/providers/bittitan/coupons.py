"""Requests about existing coupons: lists all, reads one by its Id, revokes one."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from portal.providers import base
from portal.providers.bittitan import shapes
from portal.providers.bittitan.shapes import Misshapen
from portal.providers.causes import Cause

PAGE = 100
SMALLEST_PAGE = 10
MOST_STEPS_BACK = 100
ASK_AGAIN = 0.5
"""Seconds before an unanswered page is requested once more."""
_REFUSALS = (400, 403, 404, 409, 422)
_STILL_WORTH = ("active", "redeemed")

Ask = Callable[..., tuple[dict, base.Trace] | base.Unanswered]


def walk(ask: Ask, since: datetime | None = None) -> Iterator[base.CouponPage | base.Unanswered]:
    """Lists the coupons, oldest first. Each page must begin with the last coupon of the one before. If it does not,
    coupons were removed meanwhile and others may have moved to an earlier page, so the walk steps back."""
    filters = {} if since is None else {"CreatedFrom": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
    seen: set[str] = set()
    offset, size, steps_back = 0, PAGE, 0
    while True:
        page = _page(ask, filters, offset, size)
        if isinstance(page, base.Unanswered) and page.cause == Cause.ANSWER_TOO_LARGE and size > SMALLEST_PAGE:
            size //= 2
            continue
        if isinstance(page, base.Unanswered) and page.cause != Cause.NOT_SUPPORTED:
            yield base.CouponPage(())
            time.sleep(ASK_AGAIN)
            page = _page(ask, filters, offset, size)
        if isinstance(page, base.Unanswered):
            yield page
            return
        if offset and not (page.coupons and page.coupons[0].id in seen) and steps_back < MOST_STEPS_BACK:
            steps_back, offset = steps_back + 1, max(0, offset - size)
            continue
        yield base.CouponPage(tuple(coupon for coupon in page.coupons if coupon.id not in seen))
        seen.update(coupon.id for coupon in page.coupons)
        is_end = offset + len(page.coupons) >= page.total
        if steps_back == MOST_STEPS_BACK or is_end and len(seen) < page.total or not is_end and len(page.coupons) < 2:
            yield base.Unanswered(Cause.KEEPS_CHANGING, page.trace)
            return
        if is_end:
            return
        offset += len(page.coupons) - 1


def read(ask: Ask, coupon_id: str) -> base.IssuedCoupon | base.Absent | base.Unanswered:
    answer = ask("GET", f"/v1/coupons/{coupon_id}")
    if isinstance(answer, base.Unanswered):
        is_absent = answer.status == 404 and answer.cause == Cause.COUPON_NOT_FOUND
        return base.Absent() if is_absent else answer
    coupon = _coupon(answer, coupon_id)
    return coupon or base.Unanswered(Cause.UNEXPECTED_ANSWER, answer[1])


def revoke(ask: Ask, coupon_id: str) -> base.Revoked | base.NotRevoked | base.Unanswered:
    answer = ask("POST", f"/v1/coupons/{coupon_id}/revoke")
    if isinstance(answer, base.Unanswered):
        is_refusal = answer.status in _REFUSALS and answer.cause not in (
            Cause.UNEXPECTED_ANSWER,
            Cause.REQUEST_IN_PROGRESS,
        )
        return base.NotRevoked(answer.cause, answer.trace) if is_refusal else answer
    coupon = _coupon(answer, coupon_id)
    if coupon is None or coupon.status.casefold() in _STILL_WORTH:  # the answer contradicts itself
        return base.Unanswered(Cause.UNEXPECTED_ANSWER, answer[1])
    return base.Revoked(coupon, answer[1])


@dataclass(frozen=True)
class _Page:
    coupons: list[base.IssuedCoupon]
    total: int
    trace: base.Trace


def _page(ask: Ask, filters: dict[str, str], offset: int, size: int) -> _Page | base.Unanswered:
    answer = ask("GET", "/v1/coupons", params={**filters, "Offset": offset, "Count": size})
    if isinstance(answer, base.Unanswered):
        return answer
    content, trace = answer
    try:
        coupons = [shapes.read_coupon(entity) for entity in shapes.read_list(content)]
        return _Page(coupons, shapes.read_count(content, "TotalCount"), trace)
    except Misshapen:
        return base.Unanswered(Cause.UNEXPECTED_ANSWER, trace)


def _coupon(answer: tuple[dict, base.Trace], coupon_id: str) -> base.IssuedCoupon | None:
    try:
        coupon = shapes.read_coupon(answer[0])
    except Misshapen:
        return None
    return coupon if coupon.id == coupon_id else None
