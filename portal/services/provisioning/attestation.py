"""Attesting that BitTitan issued nothing: whether a person may do so yet, and how look-ups continue afterwards."""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core import errors
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.extensions import db, settings
from portal.models import Asset, Attempt, AttemptState, Connection, JobKind, SyncStatus
from portal.services import jobs, vendor_settings
from portal.services.provisioning import lookups
from portal.services.vendor import breaker


def attempt_in_review(asset: Asset) -> Attempt | None:
    """Returns None if nothing was ever sent for the asset: its code was imported and later withdrawn. Raises Conflict
    if no review is open."""
    conditions = (Attempt.asset_id == asset.id, Attempt.state == AttemptState.REVIEW)
    attempt = db.session.scalar(select(Attempt).where(*conditions).execution_options(populate_existing=True))
    if asset.sync_status is not SyncStatus.REVIEW or (attempt is None and asset.attempts_made):
        raise errors.Conflict(_("Nothing waits for a review here any more."))
    return attempt


def check_quarantine(attempt: Attempt, now: datetime) -> None:
    """Raises Conflict while BitTitan may still be carrying out the request. Allows for doubt about the clock."""
    if attempt.last_sent_at is None:
        return
    over_at = attempt.last_sent_at + timedelta(seconds=settings().provisioning.quarantine)
    if not breaker.trusts_the_clock(now):
        over_at = max(over_at, db.session.get(Connection, 1).doubt_until)
    if now < over_at:
        minutes = max(1, round((over_at - now).total_seconds() / 60))
        raise errors.Conflict(
            ngettext(
                "BitTitan may still carry it out. Attest it in %(num)s minute.",
                "BitTitan may still carry it out. Attest it in %(num)s minutes.",
                minutes,
            )
        )


def continue_lookups(attempt: Attempt, now: datetime) -> None:
    """Keeps looking for the coupon, so that a false attestation shows. Follows the schedule; if that is over, looks
    once more."""
    if attempt.last_sent_at is not None and vendor_settings.current().is_searchable:
        attempt.next_at = lookups.next_lookup_at(attempt, now) or now + lookups.ASK_AGAIN
        jobs.schedule(JobKind.ADVANCE, attempt.id, attempt.next_at)
