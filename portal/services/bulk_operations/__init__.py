"""Bulk operations: keep a list of assets, preview what would happen, start, stop. The worker does the rest
(bulk_job.py). Each asset is changed by the function that its own page uses, under the same rules.

Retries have a mechanism of their own (services/bulk_retries): they send one first, and their outcome is an attempt's.
"""

from datetime import timedelta

from sqlalchemy import Select, delete, func, select, update

from portal.core import access, audit, clock, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Asset,
    BulkItem,
    BulkItemState,
    BulkKind,
    BulkOperation,
    BulkOrigin,
    BulkState,
    Coupon,
    CouponStanding,
    JobKind,
    Revocation,
    RevocationState,
    User,
)
from portal.services import jobs, lists
from portal.services.bulk_operations import bulk_items, bulk_kinds
from portal.services.lists import frozen
from portal.services.lists.list_filters import Filters

MOST = 10_000
"""Most assets in one operation."""
KEPT = timedelta(days=1)
"""How long a list that nobody started is kept."""


def prepare_picked(kind: BulkKind, asset_ids: list[int], query: str = "", *, by: User) -> BulkOperation:
    """Includes everything that was ticked, so that the preview can say what is left out. `query` is the address of the
    list where it was ticked. Raises Conflict if nothing was."""
    rows = access.visible_asset_ids(by).where(Asset.id.in_(asset_ids[:MOST])).order_by(Asset.id)
    return _prepare(rows, kind=kind, origin=BulkOrigin.PICKED, query=query, by=by)


def prepare_matching(
    kind: BulkKind, filters: Filters, query: str, *, by: User, origin: BulkOrigin = BulkOrigin.MATCHING
) -> BulkOperation:
    """All assets that match, longest in the portal first. Raises Conflict if there is none."""
    rows = lists.matching_ids(by, filters).order_by(Asset.purchased_on, Asset.id)
    return _prepare(rows, kind=kind, origin=origin, query=query, by=by)


def choose(operation: BulkOperation, choices: dict, *, version: int) -> None:
    """Says what is to happen, for a new preview. `version`: as in `start`. Raises InvalidInput, StaleVersion; Conflict
    if it has been started."""
    choices = bulk_kinds.checked(operation.kind, choices)
    with transaction():
        row = lock(BulkOperation, operation.id)
        if not row.is_prepared:
            raise errors.Conflict(_("It has just been started. Nothing is done twice."))
        _check_seen(version, count_possible(row))
        row.choices = choices


def start(operation: BulkOperation, *, version: int, by: User, choices: dict) -> None:
    """Starts only once, whoever presses. `version`: the number of possible changes that the preview showed. Raises
    Conflict, StaleVersion."""
    with transaction():
        row, now = lock(BulkOperation, operation.id), clock.now()
        if not row.is_prepared:
            raise errors.Conflict(_("It has just been started. Nothing is done twice."))
        if not row.cancels and row.choices != choices:
            raise errors.StaleVersion(_("Somebody changed what is to happen. Look at the preview, then press again."))
        row.choices, possible = choices, count_possible(row)
        _check_seen(version, possible)
        if not possible:
            raise errors.Conflict(_("Nothing can be changed now. The reasons are below."))
        _leave_out(row)
        row.state, row.started_by_id, row.started_at = BulkState.RUNNING, by.id, now
        audit.record("bulk", row.id, "start", by=by, field=row.kind.value, after=f"{possible} assets")
        jobs.schedule(JobKind.BULK, row.id, now)


def _check_seen(version: int, possible: int) -> None:
    if version != possible:
        raise errors.StaleVersion(
            _("What can be changed is not what you saw, so nothing was started. Look, then press again.")
        )


def count_possible(operation: BulkOperation) -> int:
    reason = bulk_items.why_not(operation)
    rows = bulk_items.items([operation.id], BulkItem.id).where(reason.is_(None), *_waiting(operation))
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def stop(operation: BulkOperation, *, by: User) -> None:
    """What was done stays; nothing else is begun. Raises Conflict if it has ended."""
    with transaction():
        row = lock(BulkOperation, operation.id)
        if not row.is_running:
            raise errors.Conflict(_("It has ended already."))
        end(row, BulkState.STOPPED, by=by)


def end(row: BulkOperation, state: BulkState, *, by: audit.Actor, why: str | None = None) -> None:
    """Inside a transaction that holds the running operation."""
    row.state, row.why, row.ended_at = state, why, clock.now()
    row.ended_by_id = getattr(by, "id", None)
    _change(_waiting(row), state=BulkItemState.NOT_BEGUN)
    audit.record("bulk", row.id, "end", by=by, field=row.kind.value, after=state, why=why)


def leave_out(item: BulkItem, why: str) -> None:
    """Compare-and-set: changes the item only if it is still waiting."""
    with transaction():
        _change(_is_waiting(item), state=BulkItemState.LEFT_OUT, why=why)


def finish_item(item: BulkItem, before: str | None, after: str | None) -> None:
    """Inside the transaction of the change. Raises Conflict, so that nothing is changed, if the item is not waiting."""
    revocation_id = db.session.scalar(_open_revocation(item.asset_id))
    values = {"before": before, "after": after, "revocation_id": revocation_id}
    if not _change(_is_waiting(item), state=BulkItemState.DONE, **values):
        raise errors.Conflict(_("It is no longer waiting."))


def _open_revocation(asset_id: int) -> Select[tuple[int]]:
    """The request to revoke the asset's coupon, on which its cancellation waits."""
    is_coupon = (Coupon.asset_id == asset_id, Coupon.standing == CouponStanding.RECORDED)
    is_open = (Revocation.state == RevocationState.ASKED, Revocation.cancels.is_(True))
    return select(Revocation.id).join(Coupon, Coupon.id == Revocation.coupon_id).where(*is_coupon, *is_open)


def _prepare(rows: Select, *, by: User, **columns) -> BulkOperation:
    """One transaction: the list, with the current versions of the assets."""
    with transaction():
        _forget_old(by)
        row = BulkOperation(state=BulkState.PREPARED, choices={}, made_by_id=by.id, made_at=clock.now(), **columns)
        db.session.add(row)
        db.session.flush()
        waiting = {"waiting": BulkItemState.WAITING, "most": MOST}
        count, row.is_cut = frozen.freeze(rows, BulkItem.operation_id, row.id, **waiting)
        if not count:
            raise errors.Conflict(_("There is nothing to change here: tick assets, or choose others."))
        return row


def _forget_old(by: User) -> None:
    """Deletes lists that this person prepared and never started; nothing refers to them."""
    is_old = (BulkOperation.state == BulkState.PREPARED, BulkOperation.made_at < clock.now() - KEPT)
    mine = select(BulkOperation.id).where(BulkOperation.made_by_id == by.id, *is_old)
    old = list(db.session.scalars(mine.with_for_update()))
    if old:
        db.session.execute(delete(BulkItem).where(BulkItem.operation_id.in_(old)), execution_options=_AS_IS)
        db.session.execute(delete(BulkOperation).where(BulkOperation.id.in_(old)), execution_options=_AS_IS)


def _leave_out(operation: BulkOperation) -> None:
    """Inside the transaction that starts it: leaves out at once what cannot be changed."""
    reason = bulk_items.why_not(operation)
    rows = bulk_items.items([operation.id], reason.label("why")).where(*_waiting(operation)).distinct()
    for why in [each for each in db.session.scalars(rows) if each is not None]:
        ids = bulk_items.items([operation.id], BulkItem.id).where(reason == why)
        _change((BulkItem.id.in_(ids), *_waiting(operation)), state=BulkItemState.LEFT_OUT, why=why)


def _waiting(operation: BulkOperation) -> tuple:
    return BulkItem.operation_id == operation.id, BulkItem.state == BulkItemState.WAITING


def _is_waiting(item: BulkItem) -> tuple:
    return BulkItem.id == item.id, BulkItem.state == BulkItemState.WAITING


def _change(where: tuple, **values) -> int:
    return db.session.execute(update(BulkItem).where(*where).values(values), execution_options=_AS_IS).rowcount


_AS_IS = {"synchronize_session": False}
