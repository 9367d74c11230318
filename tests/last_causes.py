"""Whether each asset's copy of why it waits for a person is what its newest attempt says (migration 0021)."""

from sqlalchemy import and_, select

from portal.extensions import db
from portal.models import Asset, Attempt, AttemptState, SyncStatus
from portal.models.asset import NO_ATTEMPT, NO_CAUSE

_NEWEST = and_(Attempt.asset_id == Asset.id, Attempt.number == Asset.attempts_made)
COLUMNS = ("last_attempt_id", "last_cause", "waits_since")
"""They follow from the attempts and are never loaded."""
_COPIES = (Asset.last_attempt_id, Asset.last_cause, Asset.waits_since)


def check(*of_assets) -> None:
    """In an app context; of the assets that meet these conditions."""
    own = (Asset.id, Asset.sync_status, Asset.attempts_made, Asset.created_at)
    rows = select(*own, *_COPIES, Attempt).select_from(Asset).outerjoin(Attempt, _NEWEST)
    for row in db.session.execute(rows.where(*of_assets).execution_options(populate_existing=True)):
        copied = (row.last_attempt_id, row.last_cause, row.waits_since)
        assert copied == _expected(row), f"asset {row.id}"


def _expected(row) -> tuple:
    last = row.Attempt
    if row.sync_status not in (SyncStatus.FAILED, SyncStatus.REVIEW):
        return None, None, None
    if last is None or last.state is AttemptState.SUCCEEDED:
        return None, NO_CAUSE if row.attempts_made else NO_ATTEMPT, row.created_at
    return last.id, last.cause or NO_CAUSE, last.settled_at or last.requested_at
