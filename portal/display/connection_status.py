"""Texts for why purchases are held. They use the connection row that was read with the session, so no page queries it
again.
"""

from datetime import UTC, datetime

from flask import Flask, g

from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.models import Asset, Attempt, AttemptState, Connection, ConnectionStatus
from portal.providers.causes import NO_ANSWER, OURS
from portal.web.filters import clock_time

_NEEDS_SOMEBODY = (ConnectionStatus.FROZEN, ConnectionStatus.FOREIGN, ConnectionStatus.REFUSED)


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        answers_again=answers_again,
        clock_words=clock_words,
        bittitan_connection=connection,
        frozen_because=frozen_because,
        hold_title=title,
        hold_explained=explained,
    )


def connection() -> Connection | None:
    return g.get("connection")


def standing() -> ConnectionStatus:
    row = connection()
    return ConnectionStatus.CLEAR if row is None else row.standing(datetime.now(UTC))


def is_anything_held() -> bool:
    return standing() is not ConnectionStatus.CLEAR


def is_held(asset: Asset) -> bool:
    return asset.is_unsettled and asset.last_attempt is not None and is_held_back(asset.last_attempt)


def is_held_back(attempt: Attempt) -> bool:
    """Whether the attempt waits for BitTitan or for a person to mend the connection, not just for its turn."""
    return attempt.state is AttemptState.RESERVED and is_anything_held()


def answers_again() -> bool:
    """Whether a sign-in succeeded after an outage. The next purchase that succeeds ends the outage."""
    return is_silent() and connection().held_until is None


def is_silent() -> bool:
    """Whether the breaker is open."""
    return standing() is ConnectionStatus.SILENT


def needs_somebody() -> bool:
    return standing() in _NEEDS_SOMEBODY


def trouble() -> str:
    """While the breaker is open: what is wrong, from the last cause. “Not answering” only if there was no answer."""
    cause = connection().cause
    if cause in NO_ANSWER:
        return _("BitTitan is not answering")
    if cause is None or cause in OURS:
        return _("Purchases do not get through to BitTitan")
    return _("BitTitan’s answers are faulty")


def next_try() -> str | None:
    """Returns a time such as 14:05 in the distributor's time zone; None if no future time is set."""
    row = connection()
    if row is None or row.held_until is None or row.held_until <= datetime.now(UTC):
        return None
    return clock_time(row.held_until)


def title() -> str | None:
    """Returns the title for staff, or None while nothing is held."""
    match standing():
        case ConnectionStatus.FROZEN:
            return _("Provisioning is frozen after a restore")
        case ConnectionStatus.FOREIGN:
            return _("The sign-in belongs to another BitTitan organisation")
        case ConnectionStatus.REFUSED:
            return _("BitTitan does not accept our sign-in")
        case ConnectionStatus.SILENT:
            return _silent()
        case ConnectionStatus.PAUSED:
            return _("BitTitan asked for a pause; next try %(time)s", time=next_try() or _("in a moment"))
    return None


def asking(coupons: int = 1) -> str:
    """What follows a press, for staff."""
    held = title()
    if held:
        return _("Held, and sent later: %(why)s.", why=held)
    return ngettext("BitTitan is being asked for the coupon.", "BitTitan is being asked for %(num)s coupons.", coupons)


def short_title() -> str | None:
    """Returns the title for the top bar of each page, or None while nothing is held."""
    match standing():
        case ConnectionStatus.FROZEN:
            return _("Provisioning is frozen")
        case ConnectionStatus.FOREIGN:
            return _("BitTitan: another organisation")
        case ConnectionStatus.SILENT:
            return _recovering() if answers_again() else trouble()
        case ConnectionStatus.PAUSED:
            return _("BitTitan asked for a pause")
    return title()


def explained() -> str:
    match standing():
        case ConnectionStatus.FROZEN:
            return _(
                "Nothing is sent until what was bought since the backup has been looked up and a person releases it. "
                "Purchases are held, not failed; reading and editing are not affected."
            )
        case ConnectionStatus.FOREIGN:
            return _(
                "This database belongs to another organisation, so nothing is sent and nothing is looked up there. "
                "Correct the address and the sign-in of the BitTitan connection, then connect again."
            )
        case ConnectionStatus.REFUSED:
            return _(
                "Purchases are held, not failed. Correct the e-mail address and the password of the BitTitan "
                "connection, then connect again."
            )
    if answers_again():
        return _("Held purchases continue automatically, one first. You need not do anything.")
    return _(
        "Purchases are held, not failed. They continue automatically, in their order. You need not do anything, and "
        "reading is not affected."
    )


def clock_words(row: Connection) -> str | None:
    """Compares BitTitan's clock with ours; None before a worker has measured it."""
    if row.clock_offset is None:
        return None
    if abs(row.clock_offset) <= 60:
        return _("Same as ours")
    minutes = round(abs(row.clock_offset) / 60)
    if row.clock_offset > 0:
        return _("%(minutes)s minutes ahead of ours", minutes=minutes)
    return _("%(minutes)s minutes behind ours", minutes=minutes)


def frozen_because() -> str:
    row = connection()
    match row and row.frozen_why:
        case "older":
            return _("This database is older than the last purchase that was sent from this machine.")
        case "copied":
            return _("This database is a copy, or its server was restored or replaced by another.")
        case "damaged":
            return _("The file beside the database that tells how much was sent is damaged.")
        case "backup":
            return _("This database is a backup file that was put in place by hand.")
    return _("This database was restored from a backup.")


def _silent() -> str:
    if answers_again():
        return _("%(state)s; purchases go one at a time until one succeeds", state=_recovering())
    return _("%(trouble)s; next try %(time)s", trouble=trouble(), time=next_try() or _("in a moment"))


def _recovering() -> str:
    """After an outage a sign-in shows that BitTitan is back. After wrong answers it shows nothing."""
    is_back = connection().cause in NO_ANSWER
    return _("BitTitan answers again") if is_back else _("BitTitan accepts our sign-in")
