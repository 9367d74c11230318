"""The worker's part of a bulk operation: some items per step, each in a transaction of its own.

A step may run twice or be killed anywhere: an item is marked in the transaction that changes its asset, and only
while it is waiting. So no asset is changed twice, however many workers there are, and the next step continues.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import select

from portal.core import access, clock, errors
from portal.core.audit import WORKER
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, BulkItem, BulkItemState, BulkKind, BulkOperation, BulkState, Right, User
from portal.services import bulk_operations
from portal.services.bulk_operations import bulk_items, bulk_kinds
from portal.services.bulk_operations.bulk_kinds import Why

CHUNK = 200
"""Items in a step: some seconds, well within a lease. A stop is heard at the next item."""


def advance(operation_id: int) -> datetime | None:
    """One step. Returns when the next one is due, or None once the operation has ended."""
    db.session.commit()
    operation = db.session.get(BulkOperation, operation_id, populate_existing=True)
    if operation is None or not operation.is_running:
        return None
    waiting = _waiting(operation)
    for item in waiting:
        by = db.session.get(User, operation.started_by_id, populate_existing=True)
        if not (by.is_active and by.may(Right.PROVISION)):
            return _end(operation, BulkState.HALTED, why="right")
        _take(operation, item, by)
    return clock.now() if waiting else _end(operation, BulkState.DONE)


def _waiting(operation: BulkOperation) -> list[BulkItem]:
    rows = select(BulkItem).where(BulkItem.operation_id == operation.id, BulkItem.state == BulkItemState.WAITING)
    return list(db.session.scalars(rows.order_by(BulkItem.id).limit(CHUNK)))


def _take(operation: BulkOperation, item: BulkItem, by: User) -> None:
    why = _why_not(operation, item)
    if why is None:
        try:
            _carry_out(operation, item, by)
            return
        except errors.NotVisible:
            why = Why.HIDDEN.value
        except errors.InvalidInput:
            why = Why.REFUSED.value
        except (errors.StaleVersion, errors.AttemptOpen):  # somebody was faster
            why = _why_not(operation, item) or Why.STALE.value
        except errors.DomainError:
            why = _why_not(operation, item) or Why.REFUSED.value
    bulk_operations.leave_out(item, why)


def _carry_out(operation: BulkOperation, item: BulkItem, by: User) -> None:
    asset = access.visible_asset(by, item.asset_id)
    names = _names(operation, asset) if operation.kind is BulkKind.RENAME else (None, None)
    done = partial(bulk_operations.finish_item, item, *names)
    bulk_kinds.carry_out(operation, asset, version=item.version, by=by, also_write=done)


def _names(operation: BulkOperation, asset: Asset) -> tuple[str, str]:
    return asset.name, bulk_kinds.new_name(operation.choices, asset.name)


def _why_not(operation: BulkOperation, item: BulkItem) -> str | None:
    reason = bulk_items.why_not(operation)
    return db.session.scalar(bulk_items.items([operation.id], reason).where(BulkItem.id == item.id))


def _end(operation: BulkOperation, state: BulkState, why: str | None = None) -> None:
    with transaction():
        row = lock(BulkOperation, operation.id)
        if row.is_running:
            bulk_operations.end(row, state, by=WORKER, why=why)
