"""The worker's part of a reconciliation run: its next step, or what was decided in it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Finding, ReconciliationRun, ReconciliationState
from portal.services.reconciliation.applying import carrying_out, looking_again
from portal.services.reconciliation.matching import shown, without_code
from portal.services.reconciliation.scanning import asking, listing, shown_coupons
from portal.services.reconciliation.scanning.steps import Place

State = ReconciliationState


def advance(run: ReconciliationRun, renew: Callable[[], bool]) -> datetime | None:
    """Returns when to go on; None if there is nothing to do. Raises Overtaken."""
    place = Place.of(run)
    db.session.expunge(run)  # it stays as it was read
    if place.state is State.LISTING:
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
        if place.state is State.STOPPED:  # nobody has seen what it found so far
            db.session.execute(delete(Finding).where(Finding.run_id == place.run.id))
        has_more = shown_coupons.clear_agreeing(place.run.id)
    if has_more or looking_again.advance(place):
        return clock.now()
    return carrying_out.advance(place.run.id)
