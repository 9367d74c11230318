"""What the worker does with each running list; how an item is carried out is its use's own."""

from sqlalchemy import Row, select

from portal.core import audit
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import BulkList, BulkListItem, BulkState, Right, User
from portal.services import bulk_lists
from portal.services.bulk_lists import Use


def running(use: Use, list_id: int) -> BulkList | None:
    """None if it has ended."""
    db.session.commit()
    row = db.session.get(use.table, list_id, populate_existing=True)
    return row if row is not None and row.is_running else None


def starter(row: BulkList) -> User | None:
    """Who started it, as they are now. None if they may not do so any more."""
    by = db.session.get(User, row.started_by_id, populate_existing=True)
    return by if by.is_active and by.may(Right.PROVISION) else None


def waiting(use: Use, row: BulkList, most: int) -> list[BulkListItem]:
    rows = select(use.item).where(use.list_id == row.id, use.item.state == use.states.WAITING)
    return list(db.session.scalars(rows.order_by(use.item.id).limit(most)))


def waiting_with_reasons(use: Use, row: BulkList, most: int) -> list[Row]:
    """Pairs of an item and why it has to be left out. For changes that look again themselves, under a lock: a statement
    for each item would cost half as much as the change."""
    rows = use.items([row.id], use.item, use.why_not(row)).where(use.item.state == use.states.WAITING)
    return list(db.session.execute(rows.order_by(use.item.id).limit(most)))


def why_not(use: Use, row: BulkList, item: BulkListItem) -> str | None:
    """Why this item has to be left out now."""
    return db.session.scalar(use.items([row.id], use.why_not(row)).where(use.item.id == item.id))


def end(use: Use, row: BulkList, state: BulkState, why: str | None = None) -> None:
    with transaction():
        row = lock(use.table, row.id)
        if row.is_running:
            bulk_lists.end(use, row, state, by=audit.process_for(row.started_by_id), why=why)
