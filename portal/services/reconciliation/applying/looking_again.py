"""After a scheduled run, each asset looks for the coupons that were found under its reference, and were not on record:
they are recorded by the same rules as after a purchase. What is not decided by that stays with people.
"""

from sqlalchemy import select

from portal.extensions import db
from portal.models import (
    Attempt,
    Finding,
    FindingKind,
    FindingState,
    ReconciliationState,
)
from portal.services import vendor
from portal.services.provisioning import lookups
from portal.services.reconciliation.applying import settled
from portal.services.reconciliation.scanning import steps
from portal.services.reconciliation.scanning.steps import Place

_KINDS = (FindingKind.UNRECORDED, FindingKind.DUPLICATE)


def advance(place: Place) -> bool:
    """One asset at a time. The run's position is the last finding that was dealt with. Returns whether there may be
    more. Raises Overtaken."""
    if not place.run.is_scheduled or place.state is not ReconciliationState.DONE:
        return False
    finding = _next(place)
    if finding is None:
        return False
    newest = select(Attempt).where(Attempt.asset_id == finding.asset_id).order_by(Attempt.number.desc()).limit(1)
    attempt = db.session.scalar(newest)
    db.session.commit()  # hold no transaction while BitTitan is asked
    has_news = attempt is not None and lookups.look_again(attempt, vendor.provider())
    with steps.step(place) as run:
        run.position = finding.id
        if has_news:
            steps.count(run, recorded=settled.close_recorded(finding.id))
    return True


def _next(place: Place) -> Finding | None:
    is_next = (
        Finding.run_id == place.run.id,
        Finding.state == FindingState.OPEN,
        Finding.kind.in_(_KINDS),
        Finding.asset_id.is_not(None),
        Finding.id > place.position,
    )
    return db.session.scalar(select(Finding).where(*is_next).order_by(Finding.id).limit(1))
