"""Assets that find their coupon themselves, so that it is no difference yet."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import OPEN_STATES, Asset, Attempt, AttemptState
from portal.services.provisioning import lookups


def among(asset_ids: Collection[int]) -> set[int]:
    """Those being sent, unknown, in review, or reserved and about to look first."""
    rows = select(Attempt, Asset.created_at).join(Asset, Asset.id == Attempt.asset_id)
    rows = rows.where(Attempt.asset_id.in_(asset_ids), Attempt.state.in_(OPEN_STATES))
    attempts = db.session.execute(rows.execution_options(populate_existing=True)) if asset_ids else ()
    now = clock.now()
    return {attempt.asset_id for attempt, ordered_at in attempts if _finds_coupon(attempt, ordered_at, now)}


def _finds_coupon(attempt: Attempt, ordered_at: datetime, now: datetime) -> bool:
    if attempt.state is not AttemptState.RESERVED:
        return True
    return attempt.is_tainted or lookups.must_look_first(attempt, now, ordered_at=ordered_at)
