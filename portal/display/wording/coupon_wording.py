"""Texts for coupons, revocations and alerts."""

from datetime import UTC, datetime

from flask import Flask

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording.cause_wording import cause_words
from portal.models import REDEEMED, Alert, Asset, Coupon, CouponStanding, Revocation, RevocationState
from portal.services.coupons.evidence import BEYOND, CANCELLED, NOT_AS_ASKED, STRAY
from portal.services.coupons.identity import NOT_LISTED, OTHER_CODE, UNCONFIRMED
from portal.web.filters import due, licences
from portal.web.urls import url_for

WHY = {
    CANCELLED: lazy("Found for an asset that had been cancelled"),
    BEYOND: lazy("Issued in addition to the recorded one"),
    NOT_AS_ASKED: lazy("Not what was requested"),
    STRAY: lazy("Issued for an order that is not in this portal"),
    UNCONFIRMED: lazy("BitTitan answered a purchase with it, and did not confirm it"),
    OTHER_CODE: lazy("No coupon: BitTitan lists another code under its Id"),
    NOT_LISTED: lazy("No coupon: BitTitan does not know this code"),
}
STATUS = {
    "Active": lazy("Active"),
    "Redeemed": lazy("Redeemed"),
    "Expired": lazy("Expired"),
    "Revoked": lazy("Revoked"),
}


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        surplus_why=surplus_why,
        surplus_state=surplus_state,
        coupon_status=coupon_status,
        revocation_words=revocation_words,
    )
    app.jinja_env.globals.update(alert_link=alert_link, revocation_age=revocation_age, coupon_worth=coupon_worth)


def surplus_why(coupon: Coupon) -> str:
    """Returns why the coupon is or was in the register, without a full stop; a person's reason is shown as it is."""
    return str(WHY.get(coupon.why, (coupon.why or _("Not known")).rstrip(". ")))


def surplus_state(coupon: Coupon) -> tuple[str, str]:
    """Returns the badge's class and its text."""
    if coupon.standing is CouponStanding.RECORDED:
        return "synchronized", _("Attached")
    if coupon.standing is CouponStanding.WITHDRAWN:
        return "spent", _("Withdrawn")
    if coupon.is_being_revoked:
        return "synchronizing", _("Being revoked")
    if coupon.is_spent:
        return "spent", {"Redeemed": _("Redeemed"), "Expired": _("Expired")}.get(coupon.status, _("Revoked"))
    return "review", _("Decision needed")


def coupon_status(word: str) -> str:
    """Returns the text of BitTitan's status; an unknown status is shown as it is."""
    return str(STATUS.get(word, word))


def coupon_worth(asset: Asset) -> str:
    """For staff: what the asset's code is known to be worth."""
    coupon, held = asset.coupon, licences(asset.quantity)
    if not coupon.is_verified:
        return _("It should hold %(licences)s. BitTitan has not confirmed this.", licences=held)
    if coupon.absent_at and not coupon.stated:
        return _("It held %(licences)s when BitTitan last showed it.", licences=held)
    if coupon.redeemed_at or coupon.status == REDEEMED:
        return _("It held %(licences)s and has been redeemed.", licences=held)
    if coupon.is_spent or asset.is_expired(clock.today()):
        return _("It held %(licences)s and cannot be redeemed any more.", licences=held)
    return _("Holds %(licences)s and is worth money.", licences=held)


def revocation_words(revocation: Revocation) -> str:
    """Returns the state of the revocation, without a full stop."""
    match revocation.state:
        case RevocationState.ASKED if revocation.cause and revocation.next_at:
            why, when = cause_words(revocation.cause), due(revocation.next_at)
            return _("BitTitan has not revoked it yet (%(why)s); next try %(when)s", why=why, when=when)
        case RevocationState.ASKED:
            return _("BitTitan is being asked to revoke it")
        case RevocationState.REVOKED:
            return _("BitTitan revoked it")
        case RevocationState.REFUSED:
            return _("BitTitan refused to revoke it: %(why)s", why=cause_words(revocation.cause))
    return _("BitTitan gave no clear answer for a week (%(why)s)", why=cause_words(revocation.cause))


def revocation_age(coupon: Coupon | None) -> float | None:
    """Returns the seconds since the revocation was requested; None if none is open."""
    if coupon is None or not coupon.is_being_revoked:
        return None
    return (datetime.now(UTC) - coupon.revocation.asked_at).total_seconds()


def alert_link(alert: Alert) -> tuple[str, str] | None:
    """Returns the link where the alert can be examined: (address, text), or None."""
    if alert.kind == "clearing":
        return url_for("bss.reconciliation.index"), _("Reconciliation")
    if alert.kind == "schedule":
        return url_for("bss.schedule.index"), _("Schedule")
    if alert.kind == "code" and alert.asset_id is None:
        return url_for("bss.surplus.index"), _("Surplus coupons")
    if alert.kind == "review":
        return url_for("bss.assets.review", asset_id=alert.asset_id), _("Review AS-%(id)s", id=alert.asset_id)
    if alert.kind == "surplus" and alert.asset_id is None:
        return url_for("bss.surplus.index"), _("Surplus coupons")
    if alert.kind == "surplus":
        return url_for("bss.surplus.index", asset=alert.asset_id), _("Surplus of AS-%(id)s", id=alert.asset_id)
    if alert.asset_id is not None:
        return url_for("bss.assets.show", asset_id=alert.asset_id), f"AS-{alert.asset_id}"
    return None
