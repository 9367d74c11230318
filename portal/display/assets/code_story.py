"""How fresh the portal's knowledge of a code is, in a headline and a sentence. For staff."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from flask import Flask
from markupsafe import Markup

from portal.core.i18n import gettext as _
from portal.display.wording import code_status
from portal.extensions import settings
from portal.models import Asset, AtBitTitan, CheckCause, CheckResult, Coupon, StatusCheck, VendorRequest
from portal.web.filters import ago, clock_time, day, instant, number

LATELY = timedelta(hours=1)
"""So long it is news that BitTitan did not answer."""
_SPENT = (AtBitTitan.REDEEMED, AtBitTitan.EXPIRED, AtBitTitan.REVOKED)
Line = str | Markup


class Story(NamedTuple):
    headline: Line
    sentence: Line
    hint: Line
    """Beside the button that asks."""


def install(app: Flask) -> None:
    app.jinja_env.globals.update(code_story=code_story)


def code_story(asset: Asset, checks: list[StatusCheck], asking: VendorRequest | None = None) -> Story:
    """`checks`: the newest first; `asking`: the open request of this viewer."""
    coupon, last = asset.coupon, checks[0] if checks else None
    usual = _("It takes a second and buys nothing.")
    if asking:  # undefined in a template that knows of none
        return Story(_("Asking BitTitan…"), _still(coupon, until_answer=True), usual)
    if last is not None and _is_news(last, coupon):
        return Story(*_without_news(last, coupon), usual)
    if coupon.at_bittitan in _TOLD:
        return _TOLD[coupon.at_bittitan](coupon)
    if coupon.is_being_confirmed:
        return Story(_("BitTitan has not confirmed it yet"), _being_confirmed(coupon), usual)
    if coupon.at_bittitan in _SPENT:
        return _spent(asset, coupon)
    return _old(coupon, last) if code_status.is_old(coupon) else Story(*_fresh(coupon, last), usual)


def _is_news(last: StatusCheck, coupon: Coupon) -> bool:
    """BitTitan was asked since it last said something."""
    if last.result not in (CheckResult.NO_ANSWER, CheckResult.DIFFERS):
        return False
    is_newer = coupon.read_at is None or last.at > coupon.read_at
    return is_newer and (last.result is CheckResult.DIFFERS or last.at > datetime.now(UTC) - LATELY)


def _without_news(last: StatusCheck, coupon: Coupon) -> tuple[Line, Line]:
    if last.result is CheckResult.NO_ANSWER:
        headline = _("BitTitan did not answer at %(time)s", time=clock_time(last.at))
        return headline, _still(coupon, until_answer=False)
    return (
        _("BitTitan shows something else under this code"),
        _("Nothing was changed. Reconciliation shows both sides."),
    )


def _still(coupon: Coupon, *, until_answer: bool) -> str:
    if coupon.answered_at is None:
        return _("It has never been confirmed.")
    age = ago(coupon.answered_at)
    if until_answer:
        return _("Still as confirmed %(age)s ago, until the answer is here.", age=age)
    return _("Still as confirmed %(age)s ago. That is not a failure.", age=age)


def _being_confirmed(coupon: Coupon) -> str:
    """A disputed one need not be from a purchase."""
    if coupon.disputed_at is not None:
        return _("The portal asks in a moment by itself.")
    return _(
        "It came with BitTitan’s answer to the purchase. The portal asks in a moment by itself whether it is right."
    )


def _never_asked(coupon: Coupon) -> Story:
    recorded = Markup(_("Recorded on %(day)s.")) % {"day": day(coupon.recorded_at)}
    return Story(_("BitTitan was never asked about it"), recorded, _("It takes a second and buys nothing."))


def _unrecognised(coupon: Coupon) -> Story:
    values = {"day": day(coupon.recorded_at), "age": ago(coupon.read_at)}
    sentence = Markup(_("Recorded on %(day)s, never verified. Asked %(age)s ago.")) % values
    return Story(
        _("BitTitan knows no such code"), sentence, _("Both codes stay on record when one is replaced.")
    )  # fmt: skip


def _not_listed(coupon: Coupon) -> Story:
    age = ago(coupon.read_at or coupon.absent_at)
    sentence = _("Asked for this code alone, %(age)s ago: it knows no such coupon. The record stays.", age=age)
    if coupon.stated is not None:
        return Story(_("BitTitan no longer lists it"), sentence, _("What BitTitan says later overrules a person."))
    hint = _("Redeemed, expired, revoked or gone: a person can confirm which.")
    return Story(_("BitTitan no longer lists it"), sentence, hint)


_TOLD = {
    AtBitTitan.NEVER_ASKED: _never_asked,
    AtBitTitan.UNRECOGNISED: _unrecognised,
    AtBitTitan.NOT_LISTED: _not_listed,
}


def _spent(asset: Asset, coupon: Coupon) -> Story:
    confirmed = _("BitTitan confirmed it %(age)s ago.", age=ago(coupon.answered_at))
    if coupon.redeemed_at is None:
        return Story(str(code_status.WORDS[coupon.at_bittitan]), confirmed, _("This does not change any more."))
    told = Markup(_("Redeemed on %(day)s")) % {"day": day(coupon.redeemed_at)}
    until = day(coupon.redeemed_at + timedelta(days=asset.validity_days))
    sentence = Markup(_("%(confirmed)s Usable until %(day)s.")) % {"confirmed": confirmed, "day": until}
    return Story(told, sentence, Markup(_("The customer reads “%(told)s”.")) % {"told": told})


def _old(coupon: Coupon, last: StatusCheck | None) -> Story:
    days = (datetime.now(UTC) - coupon.answered_at).days
    sentence = instant(coupon.answered_at)
    if last is not None and last.result is CheckResult.NO_ANSWER:
        sentence = Markup("{}. {}").format(sentence, _("BitTitan has not answered since."))
    budget = settings().status_checks_a_day
    hint = _("The portal asks about the oldest by itself, %(budget)s requests a day.", budget=number(budget))
    return Story(code_status.not_confirmed_for(days), sentence, hint)


def _fresh(coupon: Coupon, last: StatusCheck | None) -> tuple[Line, Line]:
    headline = _("BitTitan confirmed it %(age)s ago", age=ago(coupon.answered_at))
    at = instant(coupon.answered_at)
    is_asked = last is not None and last.cause is CheckCause.PERSON and last.at >= coupon.read_at
    if not is_asked:
        return headline, at
    return headline, Markup(_("%(at)s, asked by %(name)s")) % {"at": at, "name": last.actor}
