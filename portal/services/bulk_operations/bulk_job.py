"""The worker's part of a bulk operation: some items per step, each in a transaction of its own.

A step may run twice or be killed anywhere: an item is marked in the transaction that changes its asset, and only
while it is waiting. So no asset is changed twice, however many workers there are, and the next step continues.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import select

from portal.core import access, clock, errors
from portal.extensions import db
from portal.models import Asset, BulkItem, BulkKind, BulkOperation, BulkState, User
from portal.services import bulk_lists, bulk_operations
from portal.services.bulk_lists import bulk_list_job
from portal.services.bulk_operations import bulk_checks, bulk_kinds
from portal.services.bulk_operations.bulk_items import OPERATIONS
from portal.services.bulk_operations.bulk_kinds import Why

CHUNK = 200
"""Items in a step: some seconds, well within a lease. A stop is heard at the next item."""


def advance(operation_id: int) -> datetime | None:
    """One step. Returns when the next one is due, or None once the operation has ended."""
    operation = bulk_list_job.running(OPERATIONS, operation_id)
    if operation is None:
        return None
    if operation.asks:
        return bulk_checks.advance(operation)
    waiting = bulk_list_job.waiting_with_reasons(OPERATIONS, operation, CHUNK)
    assets = _visible_assets(operation, [item.asset_id for item, _why in waiting])
    for item, why in waiting:
        by = bulk_list_job.starter(operation)
        if by is None:
            return bulk_list_job.end(OPERATIONS, operation, BulkState.HALTED, why="right")
        _take(operation, item, assets.get(item.asset_id), why, by)
    return clock.now() if waiting else bulk_list_job.end(OPERATIONS, operation, BulkState.DONE)


def _visible_assets(operation: BulkOperation, asset_ids: list[int]) -> dict[int, Asset]:
    """By id. What somebody changes meanwhile is noticed by its version."""
    by = db.session.get(User, operation.started_by_id, populate_existing=True)
    rows = select(Asset).where(Asset.id.in_(asset_ids), Asset.id.in_(access.visible_asset_ids(by)))
    return {asset.id: asset for asset in db.session.scalars(rows.execution_options(populate_existing=True))}


def _take(operation: BulkOperation, item: BulkItem, asset: Asset | None, why: str | None, by: User) -> None:
    if why is None and asset is None:
        why = Why.HIDDEN.value
    if why is None:
        try:
            _carry_out(operation, item, asset, by)
            return
        except errors.InvalidInput:
            why = Why.REFUSED.value
        except (errors.StaleVersion, errors.AttemptOpen):  # somebody was faster
            why = bulk_list_job.why_not(OPERATIONS, operation, item) or Why.STALE.value
        except errors.DomainError:
            why = bulk_list_job.why_not(OPERATIONS, operation, item) or Why.REFUSED.value
    bulk_lists.leave_out(OPERATIONS, item, why)


def _carry_out(operation: BulkOperation, item: BulkItem, asset: Asset, by: User) -> None:
    names = _names(operation, asset) if operation.kind is BulkKind.RENAME else (None, None)
    done = partial(bulk_operations.finish_item, operation, item, *names)
    bulk_kinds.carry_out(operation, asset, version=item.version, by=by, also_write=done)


def _names(operation: BulkOperation, asset: Asset) -> tuple[str, str]:
    return asset.name, bulk_kinds.new_name(operation.choices, asset.name)
