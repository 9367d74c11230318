"""The worker's part of a reconciliation run: its next step, or what was decided in it."""

from datetime import datetime

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import ReconciliationRun, ReconciliationSource, ReconciliationState
from portal.services import jobs
from portal.services.jobs import Claim
from portal.services.reconciliation.applying import carrying_out
from portal.services.reconciliation.matching import shown, without_code
from portal.services.reconciliation.scanning import asking, listing, shown_coupons, steps
from portal.services.reconciliation.scanning.steps import Place

State = ReconciliationState


def advance(claim: Claim) -> datetime | None:
    """Returns when to go on; None if there is nothing to do."""
    db.session.commit()
    run = db.session.get(ReconciliationRun, claim.subject_id, populate_existing=True)
    if run is None:
        return None
    try:
        return _advance(run, lambda: jobs.renew(claim))
    except steps.Overtaken:
        return clock.now()


def _advance(run: ReconciliationRun, renew) -> datetime | None:
    place = Place.of(run)
    db.session.expunge(run)  # it stays as it was read
    if place.state is State.LISTING:
        if run.source is ReconciliationSource.FILE:  # whoever reads the file adds its coupons
            return None
        return listing.advance(place, renew)
    if place.state is State.ASKING:
        return asking.advance(place, renew)
    if place.state is State.MATCHING:
        return shown.advance(place)
    if place.state is State.SEARCHING:
        return without_code.advance(place)
    return _after_end(place)


def _after_end(place: Place) -> datetime | None:
    if place.state is State.INCOMPLETE:
        return None
    with transaction():
        has_more = shown_coupons.clear_agreeing(place.run.id)
    return clock.now() if has_more else carrying_out.advance(place.run.id)
