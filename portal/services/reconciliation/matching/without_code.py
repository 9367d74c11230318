"""Assets without a code: failed, or in review. One whose own coupon was shown has its finding already."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select

from portal.core import clock
from portal.extensions import db
from portal.models import (
    Asset,
    Finding,
    FindingKind,
    Lifecycle,
    ReconciliationRun,
    ReconciliationState,
    SyncStatus,
)
from portal.services.reconciliation.matching import alerting, finding_rows, suggestions
from portal.services.reconciliation.matching.finding_rows import Draft
from portal.services.reconciliation.scanning import runs, scope, steps
from portal.services.reconciliation.scanning.steps import Place

AT_ONCE = 500


def advance(place: Place) -> datetime:
    """At the end, says what may belong together, and ends the run."""
    with steps.step(place) as run:
        assets = _next(run)
        finding_rows.write(run, [_draft(row) for row in assets])
        if assets:
            run.position = assets[-1].id
        else:
            suggestions.write(run.id)
            alerting.write(run)
            run.position = 0
            runs.end(run, ReconciliationState.DONE)
    return clock.now()


def _next(run: ReconciliationRun) -> Sequence[Row]:
    is_owner = (Finding.run_id == run.id, Finding.asset_id == Asset.id, Finding.kind == FindingKind.UNRECORDED)
    rows = select(Asset.id, Asset.sync_status, Asset.attempts_made, Asset.version).where(
        Asset.sync_status.in_((SyncStatus.FAILED, SyncStatus.REVIEW)),
        Asset.lifecycle == Lifecycle.ACTIVE,
        Asset.id > run.position,
        *scope.of_assets(run),
        ~select(Finding.id).where(*is_owner).exists(),
    )
    return db.session.execute(rows.order_by(Asset.id).limit(AT_ONCE)).all()


def _draft(row: Row) -> Draft:
    here = (row.id, row.sync_status.value, row.attempts_made)
    return Draft(FindingKind.NO_CODE, f"asset:{row.id}", here, (), asset_id=row.id, asset_version=row.version)
