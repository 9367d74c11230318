"""An invoice run as it stands in the database."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from portal.extensions import db
from portal.models import Account, Asset, InvoiceRun, InvoiceRunItem, OrderLine, RunItemState, RunOrigin, RunState
from tests.build import World
from tests.saved import saved

ITEM_STATES = {
    RunState.PREPARED: RunItemState.WAITING,
    RunState.RUNNING: RunItemState.WAITING,
    RunState.DONE: RunItemState.NOT_ISSUED,
}


def invoice_run(world: World, state: str = "prepared", items: int = 1, account: Account | None = None) -> InvoiceRun:
    """For November 2026; once it has ended, nothing of it was issued."""
    now, wanted = datetime.now(UTC), RunState(state)
    with world.transaction():
        at = {} if wanted is RunState.PREPARED else {"started_by_id": world.dana.id, "started_at": now}
        at |= {"ended_at": now} if wanted is RunState.DONE else {}
        made = {"origin": RunOrigin.PERSON, "made_by_id": world.dana.id, "made_at": now, "until": date(2026, 11, 30)}
        row = saved(InvoiceRun(key=f"{now.timestamp()}", state=wanted, **made, **at))
        for _ in range(items):
            saved(_item(row, account or world.partner, ITEM_STATES[wanted]))
        return row


def _item(row: InvoiceRun, account: Account, state: RunItemState) -> InvoiceRunItem:
    amounts = {"lines_count": 1, "licences": 25, "net": 29750, "vat": 7140, "gross": 36890}
    reason = "A line was cancelled, or billed elsewhere, after the preview." if state is RunItemState.NOT_ISSUED else ""
    about = {"run_id": row.id, "account_id": account.id, "currency": "EUR", "is_outside": False}
    return InvoiceRunItem(**about, state=state, reason=reason, fingerprint="x", **amounts)


def first_item(world: World, run_id: int) -> int:
    """0 if there is none."""
    rows = select(InvoiceRunItem.id).where(InvoiceRunItem.run_id == run_id).order_by(InvoiceRunItem.id)
    with world.transaction():
        return db.session.scalar(rows.limit(1)) or 0


def line_of(world: World, asset: Asset) -> int:
    """The order line of an asset."""
    with world.transaction():
        return db.session.scalar(select(OrderLine.id).where(OrderLine.asset_id == asset.id))


def leave_out(world: World, row: InvoiceRun, number: int) -> None:
    """The outcome of so many more items changes."""
    with world.transaction():
        waiting = select(InvoiceRunItem).where(
            InvoiceRunItem.run_id == row.id, InvoiceRunItem.state == RunItemState.WAITING
        )
        for item in db.session.scalars(waiting.order_by(InvoiceRunItem.id).limit(number)):
            item.state, item.reason = RunItemState.NOT_ISSUED, "Changed."
