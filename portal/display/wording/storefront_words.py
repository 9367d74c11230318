"""What partners and customers read in place of the sync status: what they can do with the licences now."""

import enum

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording.sync_words import STATUS
from portal.models import EXPIRED, REDEEMED, REVOKED, Asset, SyncStatus, User
from portal.services.lists.list_filters import Redeem
from portal.web.filters import day


class State(enum.Enum):
    """The value is the style of the badge."""

    READY = "synchronized"
    REDEEMED = "redeemed"
    EXPIRED = "expiring"
    REVOKED = "revoked"
    NOT_CONFIRMED = "unconfirmed"
    """There is a code, but it is not certain that it can be redeemed."""
    PREPARING = "synchronizing"
    LOOKED_INTO = "review"
    BEING_CANCELLED = "being-cancelled"
    CANCELLED = "cancelled"


WORDS = {
    State.READY: lazy("Ready to redeem"),
    State.REDEEMED: lazy("Redeemed"),
    State.EXPIRED: lazy("Expired"),
    State.REVOKED: lazy("Revoked"),
    State.NOT_CONFIRMED: lazy("Not confirmed yet"),
    State.PREPARING: lazy("Being prepared"),
    State.LOOKED_INTO: lazy("We are looking into it"),
    State.BEING_CANCELLED: lazy("Being cancelled"),
    State.CANCELLED: lazy("Cancelled"),
}
HAS_CODE = lazy("Code received")
"""For any asset with a code, where it is not told what became of the code."""

GROUPS = {
    "looked-into": (SyncStatus.FAILED, SyncStatus.REVIEW),
    "preparing": (SyncStatus.UNCONFIRMED, SyncStatus.SYNCHRONIZING),
}
"""The words in an address of the Storefront, and the sync statuses that they stand for."""
GROUP_STATES = {"looked-into": State.LOOKED_INTO, "preparing": State.PREPARING}
OF_CODES = {Redeem.READY: State.READY, Redeem.REDEEMED: State.REDEEMED, Redeem.LAPSED: State.EXPIRED}


def state_of(asset: Asset) -> State:
    coupon = asset.coupon
    if not asset.is_active:
        return State.CANCELLED
    if asset.sync_status in GROUPS["looked-into"]:
        return State.LOOKED_INTO
    if asset.sync_status is not SyncStatus.SYNCHRONIZED or coupon is None:
        return State.PREPARING
    if coupon.is_being_revoked:
        return State.BEING_CANCELLED
    is_over = asset.is_expired(clock.today())
    return state_of_code(
        coupon.status, is_redeemed=bool(coupon.redeemed_at), is_over=is_over,
        is_sure=coupon.is_verified and coupon.absent_at is None,
    )  # fmt: skip


def state_of_code(status: str | None, *, is_redeemed: bool, is_over: bool, is_sure: bool) -> State:
    """`status`: BitTitan's word. `is_over`: the last day has passed. `is_sure`: BitTitan has verified the code, and has
    not said since that it knows no such coupon."""
    if is_redeemed or status == REDEEMED:
        return State.REDEEMED
    if status == REVOKED:
        return State.REVOKED
    if is_over or status == EXPIRED:
        return State.EXPIRED
    return State.READY if is_sure else State.NOT_CONFIRMED


def status_words(asset: Asset, viewer: User) -> str:
    """For sentences: the sync status for the staff; for everybody else what they can do. Cancelled if it is."""
    if viewer.is_staff and asset.is_active:
        return str(STATUS[asset.sync_status])
    state = state_of(asset)
    if state is State.REDEEMED and asset.coupon.redeemed_at is not None:
        return _("Redeemed on %(day)s", day=day(asset.coupon.redeemed_at).striptags())
    return str(WORDS[state])
