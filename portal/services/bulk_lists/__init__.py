"""A list of assets for one act on all of them: kept when it is made, previewed, started once, stopped, ended.

Each asset is an item with a state. A worker carries out waiting items (bulk_list_job.py), each in the transaction of
its change. So nothing is done twice, however many workers there are and wherever one is killed.
"""

from datetime import timedelta

from sqlalchemy import Select, delete, func, select, update

from portal.core import access, audit, clock, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Asset, BulkList, BulkListItem, BulkState, User
from portal.services import jobs
from portal.services.bulk_lists import frozen
from portal.services.bulk_lists.use import Refusals, Use

__all__ = [
    "MOST", "Refusals", "Use", "begin", "carry_out", "count_possible", "end", "leave_out", "lock_prepared", "picked",
    "prepare", "stop",
]  # fmt: skip

MOST = 10_000
"""Most assets in one list."""
KEPT = timedelta(days=1)
"""How long a list that nobody started is kept."""


def picked(asset_ids: list[int], *, by: User) -> Select[tuple[int]]:
    """Everything that was ticked, so that the preview can say what is left out."""
    return access.visible_asset_ids(by).where(Asset.id.in_(asset_ids[: MOST + 1])).order_by(Asset.id)


def prepare(use: Use, rows: Select, *, by: User, **columns) -> BulkList:
    """Inside a transaction. Keeps the list, with the current versions of the assets. Raises Conflict if there is
    none."""
    _forget_old(use, by)
    row = use.table(state=BulkState.PREPARED, made_by_id=by.id, made_at=clock.now(), **columns)
    db.session.add(row)
    db.session.flush()
    number, row.is_cut = frozen.freeze(rows, use.list_id, row.id, waiting=use.states.WAITING, most=MOST)
    if not number:
        raise errors.Conflict(str(use.refusals.nothing_chosen))
    return row


def lock_prepared(use: Use, row: BulkList, *, version: int) -> BulkList:
    """Inside a transaction. Whoever presses, the list is started only once, and as it was seen. `version`: the number
    of possible items that the preview showed. Raises Conflict, StaleVersion."""
    row = lock(use.table, row.id)
    if not row.is_prepared:
        raise errors.Conflict(str(use.refusals.started))
    if version != count_possible(use, row):
        raise errors.StaleVersion(str(use.refusals.changed))
    return row


def begin(use: Use, row: BulkList, *, by: User, why: str | None = None) -> None:
    """In the transaction of `lock_prepared`. Leaves out at once what is not possible. Raises Conflict if nothing
    is. `why`: for the audit log."""
    _leave_out_impossible(use, row)
    number = db.session.scalar(select(func.count()).where(*_waiting(use, row)))
    if not number:
        raise errors.Conflict(str(use.refusals.nothing_possible))
    row.state, row.started_by_id, row.started_at = BulkState.RUNNING, by.id, clock.now()
    audit.record(use.subject, row.id, "start", by=by, field=row.act, after=f"{number} assets", why=why)
    jobs.schedule(use.job, row.id, row.started_at)


def count_possible(use: Use, row: BulkList) -> int:
    """How many items can be carried out now: the version of a preview."""
    rows = use.items([row.id], use.item.id).where(use.why_impossible(row).is_(None), *_waiting(use, row))
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def stop(use: Use, row: BulkList, *, by: User) -> None:
    """What was begun continues, and what was done stays; nothing else is begun. Raises Conflict if it has ended."""
    with transaction():
        row = lock(use.table, row.id)
        if not row.is_running:
            raise errors.Conflict(_("It has ended already."))
        end(use, row, BulkState.STOPPED, by=by)


def end(use: Use, row: BulkList, state: BulkState, *, by: audit.Actor, why: str | None = None) -> None:
    """Inside a transaction that holds the running list."""
    row.state, row.why, row.ended_at = state, why, clock.now()
    row.ended_by_id = by.id if isinstance(by, User) else None
    _change(use, _waiting(use, row), state=use.states.NOT_BEGUN)
    audit.record(use.subject, row.id, "end", by=by, field=row.act, after=state, why=why)


def leave_out(use: Use, item: BulkListItem, why: str) -> None:
    """Compare-and-set: changes the item only if it is still waiting."""
    with transaction():
        _change(use, _is_waiting(use, item), state=use.states.LEFT_OUT, why=why)


def carry_out(use: Use, item: BulkListItem, state: object, **columns) -> None:
    """Inside the transaction of the change. Raises Conflict, so that nothing is changed, if the item is not waiting."""
    if not _change(use, _is_waiting(use, item), state=state, **columns):
        raise errors.Conflict(_("It is no longer waiting."))


def _forget_old(use: Use, by: User) -> None:
    """Deletes lists that this person prepared and never started; nothing refers to them."""
    table = use.table
    is_old = (table.state == BulkState.PREPARED, table.made_at < clock.now() - KEPT)
    old = list(db.session.scalars(select(table.id).where(table.made_by_id == by.id, *is_old).with_for_update()))
    if old:
        db.session.execute(delete(use.item).where(use.list_id.in_(old)), execution_options=_AS_IS)
        db.session.execute(delete(table).where(table.id.in_(old)), execution_options=_AS_IS)


def _leave_out_impossible(use: Use, row: BulkList) -> None:
    reason = use.why_not(row)
    rows = use.items([row.id], reason.label("why")).where(*_waiting(use, row)).distinct()
    for why in [each for each in db.session.scalars(rows) if each is not None]:
        ids = use.items([row.id], use.item.id).where(reason == why)
        _change(use, (use.item.id.in_(ids), *_waiting(use, row)), state=use.states.LEFT_OUT, why=why)


def _waiting(use: Use, row: BulkList) -> tuple:
    return use.list_id == row.id, use.item.state == use.states.WAITING


def _is_waiting(use: Use, item: BulkListItem) -> tuple:
    return use.item.id == item.id, use.item.state == use.states.WAITING


def _change(use: Use, where: tuple, **values) -> int:
    return db.session.execute(update(use.item).where(*where).values(values), execution_options=_AS_IS).rowcount


_AS_IS = {"synchronize_session": False}
