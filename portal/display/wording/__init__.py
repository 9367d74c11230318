"""Texts for the sync status: one word per status, and a sentence for each audience. Staff see the cause, a partner what
to do, a customer reassurance.
"""

from flask import Flask

from portal.core import access
from portal.core.i18n import gettext as _
from portal.display import connection_status
from portal.display.wording.cause_wording import (
    brought_nothing,
    cause_name,
    cause_sentence,
    cause_words,
    group_ending,
    group_help,
    has_issued_another,
    needs_new_order,
    what_helps,
)
from portal.display.wording.storefront_words import State, state_of, status_words
from portal.display.wording.sync_words import STATUS
from portal.models import (
    AccountKind,
    Asset,
    Attempt,
    AttemptState,
    SyncStatus,
    Trigger,
    User,
)
from portal.web.filters import ago, due, soon


def install(app: Flask) -> None:
    app.jinja_env.filters.update(status_text=lambda status: str(STATUS[status]))
    app.jinja_env.globals.update(
        status_words=status_words,
        sync_sentence=sync_sentence,
        payer_name=payer_name,
        cause_sentence=cause_sentence,
        cause_name=cause_name,
        cause_words=cause_words,
        group_ending=group_ending,
        group_help=group_help,
        has_issued_another=has_issued_another,
        brought_nothing=brought_nothing,
        what_helps=what_helps,
        needs_new_order=needs_new_order,
    )


def sync_sentence(asset: Asset, viewer: User) -> str:
    """Returns what the status means for this viewer; empty if there is nothing to add."""
    if not asset.is_active:
        is_free, says = asset.is_surely_unbought, _("Cancelled") if viewer.is_staff else ""
        return _("Nothing is charged for it") if is_free else says
    if viewer.is_staff:
        return _for_staff(asset, viewer)
    is_partner = viewer.account.kind is AccountKind.PARTNER
    return _for_partner(asset, viewer) if is_partner else _for_customer(asset, viewer)


def delay(attempt: Attempt) -> str:
    """For staff: why an open attempt is not sent yet, and when it is tried; empty if nothing delays it."""
    if connection_status.is_held_back(attempt):
        return _("Held: %(why)s", why=connection_status.title())
    if attempt.state is AttemptState.RESERVED and attempt.cause and attempt.next_at:
        return _("%(cause)s; next try %(time)s", cause=cause_sentence(attempt), time=soon(attempt.next_at))
    return ""


def payer_name(asset: Asset, viewer: User) -> str:
    """Returns the billed account's name, or "another account" if the viewer must not know it: after a move, a former
    partner may have been billed."""
    return asset.billed_account.name if access.may_see_name(viewer, asset.billed_account) else _("another account")


def _for_staff(asset: Asset, viewer: User) -> str:
    attempt = asset.last_attempt
    if attempt is None:
        return _imported(asset)
    if asset.sync_status is SyncStatus.SYNCHRONIZED:
        return "" if asset.coupon is None or asset.coupon.is_verified else _("Attached by hand, cannot be verified")
    if asset.sync_status is SyncStatus.SYNCHRONIZING:
        return delay(attempt) or _opened(attempt)
    if asset.sync_status is SyncStatus.UNCONFIRMED:
        return _("Next check %(when)s", when=due(attempt.next_at))
    if attempt.trigger is Trigger.ATTACH:
        return _("No coupon was recorded")
    return cause_sentence(attempt)


def _opened(attempt: Attempt) -> str:
    return _("Attempt %(number)s opened %(age)s ago", number=attempt.number, age=ago(attempt.requested_at))


def _imported(asset: Asset) -> str:
    if asset.sync_status is SyncStatus.REVIEW:
        return _("Its code was withdrawn; nothing was sent for it")
    if asset.coupon is None:
        return _("Imported without a code; nothing was sent for it")
    if asset.has_imported_code:
        return _("Imported, not verified with BitTitan")
    return "" if asset.coupon.is_verified else _("Attached by hand, cannot be verified")


def _for_partner(asset: Asset, viewer: User) -> str:
    seller = _seller(viewer)
    next_at = asset.last_attempt and asset.last_attempt.next_at
    match asset.sync_status:
        case SyncStatus.SYNCHRONIZED:
            return _about_code(asset)
        case SyncStatus.SYNCHRONIZING if connection_status.is_held(asset):
            return _held_for_partner(seller)
        case SyncStatus.SYNCHRONIZING:
            return _("The code will be here in a moment")
        case SyncStatus.UNCONFIRMED:
            return _("BitTitan has not confirmed it yet. We check again %(when)s", when=due(next_at))
        case SyncStatus.REVIEW:
            return _("%(seller)s is checking it by hand. No need to order again", seller=seller)
    if asset.is_surely_unbought:
        return _("Nothing was charged. %(seller)s knows about it. No need to order again", seller=seller)
    return _("No code yet. %(seller)s knows about it. No need to order again", seller=seller)


def _for_customer(asset: Asset, viewer: User) -> str:
    next_at = asset.last_attempt and asset.last_attempt.next_at
    match asset.sync_status:
        case SyncStatus.SYNCHRONIZED:
            return _about_code(asset)
        case SyncStatus.SYNCHRONIZING if connection_status.is_held(asset):
            return _held_for_customer()
        case SyncStatus.SYNCHRONIZING:
            return _("Your code will be here in a moment. You can leave this page")
        case SyncStatus.UNCONFIRMED:
            return _("We are checking your order with BitTitan. Next check %(when)s", when=due(next_at))
        case SyncStatus.REVIEW:
            return _("Somebody is checking your order. No need to order again")
    seller = _seller(viewer)
    if asset.is_surely_unbought:
        return _("Your code is not here yet. Nothing was charged. %(seller)s knows about it", seller=seller)
    return _("Your code is not here yet. %(seller)s knows about it", seller=seller)


def _held_for_partner(seller: str) -> str:
    if connection_status.needs_somebody():
        return _("The code will be here later. %(seller)s knows about it. No need to order again", seller=seller)
    if time := connection_status.next_try():
        trouble = connection_status.trouble() if connection_status.is_silent() else _("BitTitan asked for a pause")
        return _("%(trouble)s; next try %(time)s. No need to order again", trouble=trouble, time=time)
    return _("This takes longer than usual. No need to order again")


def _held_for_customer() -> str:
    time = None if connection_status.needs_somebody() else connection_status.next_try()
    if time:
        return _("Your code takes a little longer today. Next try at %(time)s. You can leave this page", time=time)
    return _("Your code takes a little longer today. You can leave this page")


def _about_code(asset: Asset) -> str:
    """Returns what the badge does not say."""
    return _("BitTitan has not confirmed the code yet") if state_of(asset) is State.NOT_CONFIRMED else ""


def _seller(viewer: User) -> str:
    parent = viewer.account.parent
    return parent.name if parent else _("Your distributor")
