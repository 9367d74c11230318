"""What BitTitan says about a recorded code, and how old that is. For staff."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from flask import Flask
from markupsafe import Markup

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.layout import icon
from portal.models import AtBitTitan, CheckCause, CheckResult, ConfirmedState
from portal.web.filters import ago

At, Result = AtBitTitan, CheckResult
OLD = timedelta(days=7)
WORDS = {
    At.ACTIVE: lazy("Active"),
    At.REDEEMED: lazy("Redeemed"),
    At.EXPIRED: lazy("Expired"),
    At.REVOKED: lazy("Revoked"),
    At.NOT_LISTED: lazy("Not listed"),
    At.UNRECOGNISED: lazy("Unrecognised"),
    At.NEVER_ASKED: lazy("Never asked"),
    At.OTHER: lazy("Another status"),
}
RESULTS = {Result(at.value): WORDS[at] for at in At if at is not At.NEVER_ASKED} | {
    Result.DIFFERS: lazy("Something else"),
    Result.NO_ANSWER: lazy("No answer"),
}
CAUSES = {
    CheckCause.PERSON: lazy("Ask BitTitan now"),
    CheckCause.BULK: lazy("Asked for many at once"),
    CheckCause.ROLLING: lazy("Asked by itself"),
}
STATES = {
    ConfirmedState.REDEEMED: lazy("Redeemed"),
    ConfirmedState.EXPIRED: lazy("Expired"),
    ConfirmedState.REVOKED: lazy("Revoked"),
    ConfirmedState.GONE: lazy("Gone"),
}
_LOOKS = {
    "active": ("active", "synchronized"),
    "redeemed": ("paid", "synchronized"),
    "expired": ("off", "clock"),
    "revoked": ("off", "close"),
    "not-listed": ("unknown", "unconfirmed"),
    "unrecognised": ("refused", "failed"),
    "never-asked": ("stale", "clock"),
    "other": ("unknown", "unconfirmed"),
    "differs": ("unknown", "warning"),
    "no-answer": ("unknown", "unconfirmed"),
}
"""Class and icon of the badge."""
_BADGE = Markup('<span class="badge badge--{}">{}{}</span>')
_LAST = (At.REDEEMED, At.EXPIRED, At.REVOKED)
"""These never change again, so their age does not matter."""


class KnownCode(Protocol):
    status: str | None
    at_bittitan: AtBitTitan
    answered_at: datetime | None


def install(app: Flask) -> None:
    app.jinja_env.globals.update(code_status=code_status, check_result=check_result)
    app.jinja_env.filters.update(
        check_cause=lambda cause: str(CAUSES[cause]), confirmed_state=lambda value: str(STATES[ConfirmedState(value)])
    )


def code_status(coupon: KnownCode) -> Markup:
    """Returns the badge; of an old answer it has the look of what is old."""
    at = coupon.at_bittitan
    look, mark = ("stale", "clock") if is_old(coupon) and at is not At.UNRECOGNISED else _LOOKS[at.value]
    return _BADGE.format(look, icon(mark), coupon.status if at is At.OTHER else str(WORDS[at]))


def check_result(result: CheckResult) -> Markup:
    look, mark = _LOOKS[result.value]
    return _BADGE.format(look, icon(mark), str(RESULTS[result]))


def is_old(coupon: KnownCode) -> bool:
    if coupon.at_bittitan in _LAST or coupon.answered_at is None:
        return False
    return coupon.answered_at < datetime.now(UTC) - OLD


def age_words(answered_at: datetime | None) -> str:
    """Such as: 9 days ago."""
    return _("%(age)s ago", age=ago(answered_at)) if answered_at else _("Never")


def not_confirmed_for(days: int) -> str:
    return ngettext("Not confirmed for %(num)s day", "Not confirmed for %(num)s days", days)
