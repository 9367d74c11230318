"""Asks BitTitan about the codes of a bulk list, one after the other. No asset is changed."""

from datetime import datetime

from portal.core import access, clock
from portal.core.errors import Conflict
from portal.extensions import db
from portal.models import Asset, BulkItem, BulkOperation, BulkState, CheckCause, CheckResult, User
from portal.services import bulk_lists, bulk_operations, vendor
from portal.services.bulk_lists import bulk_list_job
from portal.services.bulk_operations.bulk_items import OPERATIONS
from portal.services.bulk_operations.bulk_kinds import Why
from portal.services.provisioning import lookups
from portal.services.status_checks import checking
from portal.services.vendor.rate_limit import ASK_AGAIN

AT_ONCE = 20


def advance(operation: BulkOperation) -> datetime | None:
    """One step. Returns when the next one is due, or None once the operation has ended."""
    delay = lookups.current_delay(vendor.provider())
    if delay is not None:
        return max(delay.until, clock.now() + ASK_AGAIN)
    waiting = bulk_list_job.waiting_with_reasons(OPERATIONS, operation, AT_ONCE)
    for item, why in waiting:
        by = bulk_list_job.starter(operation)
        if by is None:
            return bulk_list_job.end(OPERATIONS, operation, BulkState.HALTED, why="right")
        if why is not None or not _is_visible(item, by):
            bulk_lists.leave_out(OPERATIONS, item, why or Why.HIDDEN.value)
        elif _is_silent(operation, item, by):
            return clock.now() + ASK_AGAIN
    return clock.now() if waiting else bulk_list_job.end(OPERATIONS, operation, BulkState.DONE)


def _is_visible(item: BulkItem, by: User) -> bool:
    return db.session.scalar(access.visible_asset_ids(by).where(Asset.id == item.asset_id)) is not None


def _is_silent(operation: BulkOperation, item: BulkItem, by: User) -> bool:
    """Asks about one. Returns True if BitTitan gave no response at all: then the item stays waiting."""

    def done(result: CheckResult) -> None:
        bulk_operations.finish_item(operation, item, None, result.value)

    try:
        outcome = checking.check(item.asset_id, cause=CheckCause.BULK, by=by, also_write=done)
    except Conflict:  # it was stopped meanwhile
        return False
    if outcome is not None and outcome.is_silent:
        return True
    if outcome is None or outcome.result is CheckResult.NO_ANSWER:
        bulk_lists.leave_out(OPERATIONS, item, (Why.NO_ANSWER if outcome else Why.NO_CODE).value)
    return False
