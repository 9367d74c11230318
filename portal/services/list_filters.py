"""What a list of assets can be narrowed by, and the conditions that this means."""

import enum
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, exists, false, select
from sqlalchemy.orm import aliased

from portal.models import Account, Asset, Attempt, Coupon, CouponStanding, Lifecycle, SyncStatus
from portal.services import access, clock

SOON = timedelta(days=30)
NO_ATTEMPT, NO_CAUSE = "never-sent", "no-reason"
"""Words that BitTitan does not use."""


class Redeem(enum.Enum):
    EXPIRING = "expiring"
    """A code that nobody redeemed runs out within SOON."""
    EXPIRED = "expired"


@dataclass(frozen=True)
class Filters:
    term: str = ""
    statuses: tuple[SyncStatus, ...] = ()
    lifecycle: Lifecycle | None = None
    product_id: int | None = None
    account: Account | None = None
    """With what hangs below it. The caller has checked that the reader may see it."""
    within: Account | None = None
    """The account whose page this is; like `account`, but no filter that can be taken away."""
    purchased_from: date | None = None
    purchased_to: date | None = None
    redeem: Redeem | None = None
    is_asked: bool = False
    cause: str | None = None
    """Why it failed, and has failed still: the word of its last attempt, or NO_ATTEMPT, NO_CAUSE."""
    billed_id: int | None = None
    is_impossible: bool = False
    """It names something that does not exist (for this reader): nothing is found."""


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term and the statuses, on columns of the asset alone."""
    found = [_in_tree(account) for account in (filters.account, filters.within) if account]
    if filters.lifecycle:
        found.append(Asset.lifecycle == filters.lifecycle)
    if filters.product_id:
        found.append(Asset.product_id == filters.product_id)
    if filters.purchased_from:
        found.append(Asset.purchased_on >= filters.purchased_from)
    if filters.purchased_to:
        found.append(Asset.purchased_on <= filters.purchased_to)
    if filters.is_impossible:
        found.append(false())
    return found + _trouble(filters) + _redeem(filters.redeem)


def _trouble(filters: Filters) -> list[ColumnElement[bool]]:
    found = []
    if filters.is_asked:
        found.append(Asset.asked_at.is_not(None))
    if filters.cause:
        found += [Asset.sync_status == SyncStatus.FAILED, _failed_because(filters.cause)]
    if filters.billed_id:
        found.append(Asset.billed_account_id == filters.billed_id)
    return found


def _failed_because(cause: str) -> ColumnElement[bool]:
    """The index of causes says which could be; then the attempt has to be the last one. `+ 0` keeps the list in its
    order: SQLite would begin with the attempts, of which there may be very many."""
    if cause == NO_ATTEMPT:
        return Asset.attempts_made == 0
    last, some = aliased(Attempt), aliased(Attempt)
    is_last = exists().where(last.asset_id == Asset.id, last.number == Asset.attempts_made)
    if cause == NO_CAUSE:
        return is_last.where(last.cause.is_(None))
    could_be = (Asset.id + 0).in_(select(some.asset_id).where(some.cause == cause))
    return could_be & is_last.where(last.cause == cause)


def _in_tree(account: Account) -> ColumnElement[bool]:
    return access.in_tree_of(account, Asset.branch_id, Asset.account_id)


def _redeem(redeem: Redeem | None) -> list[ColumnElement[bool]]:
    today = clock.today()
    if redeem is Redeem.EXPIRED:
        return [Asset.redeem_by < today]
    if redeem is Redeem.EXPIRING:
        unredeemed = exists().where(
            Coupon.asset_id == Asset.id,
            Coupon.standing == CouponStanding.RECORDED,
            Coupon.redeemed_at.is_(None),
        )
        return [Asset.redeem_by.between(today, today + SOON), Asset.lifecycle == Lifecycle.ACTIVE, unredeemed]
    return []
