"""Bulk retries: freeze a list of assets, preview what would be sent, start, stop. The worker does the rest
(services/bulk_retries/retry_job.py). Nothing here buys: each asset goes through services/provisioning.
"""

from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import Select, delete, func, select, update

from portal.core import access, audit, clock, errors
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Asset,
    Attempt,
    BulkState,
    ItemState,
    JobKind,
    Retry,
    RetryItem,
    RetryOrigin,
    SyncStatus,
    User,
)
from portal.services import jobs, lists
from portal.services.bulk_retries import retry_items
from portal.services.bulk_retries.retry_items import Outcome, Why
from portal.services.lists import frozen
from portal.services.lists.list_filters import Filters

MOST = 10_000
"""Most assets in one retry."""
KEPT = timedelta(days=1)
"""How long a list that nobody started is kept."""
COMMON_CAUSE = "common-cause"
"""Stands in `Retry.query` for the cause that the assets have in common, where no list was filtered by it."""
AGAIN = (Outcome.FAILED, Outcome.NOT_BEGUN)


def prepare_picked(asset_ids: list[int], query: str = "", *, by: User) -> Retry:
    """Includes everything that was ticked, so that the preview can say what is left out. `query` is the address of the
    list where it was ticked. Raises Conflict if nothing was."""
    rows = access.visible_asset_ids(by).where(Asset.id.in_(asset_ids[:MOST])).order_by(Asset.id)
    return _prepare(rows, RetryOrigin.PICKED, by=by, query=query)


def prepare_matching(filters: Filters, query: str, *, by: User, expire_days: int | None = None) -> Retry:
    """All failed assets that match, longest waiting first. Raises Conflict if there is none."""
    rows = lists.matching_ids(by, filters).where(*lists.RETRYABLE).order_by(Asset.purchased_on, Asset.id)
    return _prepare(rows, RetryOrigin.MATCHING, by=by, query=query, expire_days=expire_days)


def prepare_again(retry: Retry, *outcomes: Outcome, by: User) -> Retry:
    """Assets of an earlier retry that failed or were not begun. Raises Conflict if there is none."""
    if not set(outcomes) <= set(AGAIN):
        raise errors.Conflict(_("Only assets that failed or were not started can be tried again."))
    rows = retry_items.items([retry.id], RetryItem.asset_id).where(
        retry_items.outcome().in_([each.value for each in outcomes])
    )
    columns = {"again_of_id": retry.id, "expire_days": retry.expire_days}
    return _prepare(rows.order_by(RetryItem.id), RetryOrigin.AGAIN, by=by, **columns)


def start(
    retry: Retry, *, version: int, by: User, has_canary: bool, includes_imported: bool, expire_days: int | None
) -> None:
    """Starts only once, whoever presses. `version`: the number of possible sends that the preview showed. Raises
    Conflict, StaleVersion."""
    with transaction():
        row, now = lock(Retry, retry.id), clock.now()
        if not row.is_prepared:
            raise errors.Conflict(_("It has just been started. Nothing is sent twice."))
        if version != count_eligible(row):
            raise errors.StaleVersion(
                _("What can be sent has changed since you looked, so nothing was started. Look, then press again.")
            )
        row.has_canary, row.includes_imported, row.expire_days = has_canary, includes_imported, expire_days
        _leave_out(row)
        sent = db.session.scalar(select(func.count()).where(*_waiting(row)))
        if not sent:
            raise errors.Conflict(_("Nothing can be sent now. The reasons are below."))
        row.state, row.started_by_id, row.started_at = BulkState.RUNNING, by.id, now
        why = "imported ones included" if includes_imported else None
        audit.record("retry", row.id, "start", by=by, after=f"{sent} assets", why=why)
        jobs.schedule(JobKind.RETRY, row.id, now)


def count_eligible(retry: Retry) -> int:
    """Number of items that could be sent, including imported ones."""
    reason = retry_items.why_not(includes_imported=True)
    rows = retry_items.items([retry.id], RetryItem.id).where(reason.is_(None), *_waiting(retry))
    return db.session.scalar(select(func.count()).select_from(rows.subquery()))


def mendable(viewer: User, cause: str) -> dict[int, int]:
    """By billed account: how many assets that failed for this cause a retry would send; of at most CAP."""
    rows = lists.matching_ids(viewer, Filters(cause=cause)).where(*lists.RETRYABLE)
    ids = rows.order_by(Asset.purchased_on, Asset.id).limit(lists.CAP + 1).subquery()
    payer, number = Asset.billed_account_id, func.count()
    found = retry_items.parties(select(payer, number).select_from(ids).join(Asset, Asset.id == ids.c.id))
    return dict(db.session.execute(found.where(retry_items.why_not_now().is_(None)).group_by(payer)).all())


def stop(retry: Retry, *, by: User) -> None:
    """What was begun continues; nothing else is begun. Raises Conflict if it has ended."""
    with transaction():
        row = lock(Retry, retry.id)
        if not row.is_running:
            raise errors.Conflict(_("It has ended already."))
        end(row, BulkState.STOPPED, by=by)


def end(row: Retry, state: BulkState, *, by: audit.Actor, why: str | None = None) -> None:
    """Inside a transaction that holds the running retry. An item that was just requested stays requested."""
    row.state, row.why, row.ended_at = state, why, clock.now()
    row.ended_by_id = getattr(by, "id", None)
    _change(_waiting(row), state=ItemState.NOT_BEGUN)
    audit.record("retry", row.id, "end", by=by, after=state, why=why)


def leave_out(item: RetryItem, why: str) -> None:
    """Compare-and-set: changes the item only if it is still waiting."""
    with transaction():
        _change((RetryItem.id == item.id, RetryItem.state == ItemState.WAITING), state=ItemState.LEFT_OUT, why=why)


def request_item(item: RetryItem, attempt: Attempt) -> None:
    """Inside the transaction `reserve`. Raises Conflict, so that no attempt is opened, if the item is not waiting."""
    is_waiting = (RetryItem.id == item.id, RetryItem.state == ItemState.WAITING)
    if not _change(is_waiting, state=ItemState.REQUESTED, attempt_id=attempt.id):
        raise errors.Conflict(_("It is no longer waiting."))


def _prepare(rows: Select, origin: RetryOrigin, *, by: User, **columns) -> Retry:
    """One transaction: the list, with the current versions of the assets."""
    with transaction():
        _forget_old(by)
        retry = Retry(state=BulkState.PREPARED, origin=origin, made_by_id=by.id, made_at=clock.now(), **columns)
        db.session.add(retry)
        db.session.flush()
        count, retry.is_cut = frozen.freeze(rows, RetryItem.retry_id, retry.id, waiting=ItemState.WAITING, most=MOST)
        if not count:
            raise errors.Conflict(_("There is nothing to retry here: tick assets, or choose others."))
        if origin is not RetryOrigin.MATCHING:
            retry.query = "&".join(filter(None, (retry.query, _common_cause(retry))))
        return retry


def _common_cause(retry: Retry) -> str:
    """For the name of the retry; empty if the assets failed for several causes. A list ignores it in its address."""
    rows = select(Asset.last_cause).distinct().select_from(RetryItem).join(Asset, Asset.id == RetryItem.asset_id)
    rows = rows.where(RetryItem.retry_id == retry.id, Asset.sync_status == SyncStatus.FAILED)
    causes = db.session.scalars(rows.limit(2)).all()
    return urlencode({COMMON_CAUSE: causes[0]}) if len(causes) == 1 else ""


def _forget_old(by: User) -> None:
    """Deletes lists that this person prepared and never started; nothing refers to them."""
    is_old = (Retry.made_by_id == by.id, Retry.state == BulkState.PREPARED, Retry.made_at < clock.now() - KEPT)
    old = list(db.session.scalars(select(Retry.id).where(*is_old).with_for_update()))
    if old:
        db.session.execute(delete(RetryItem).where(RetryItem.retry_id.in_(old)), execution_options=_AS_IS)
        db.session.execute(delete(Retry).where(Retry.id.in_(old)), execution_options=_AS_IS)


def _leave_out(retry: Retry) -> None:
    """Inside the transaction that starts the retry: leaves out at once what cannot be sent."""
    reason = retry_items.why_not(retry.includes_imported)
    for why in Why:
        ids = retry_items.items([retry.id], RetryItem.id).where(reason == why.value)
        _change((RetryItem.id.in_(ids), *_waiting(retry)), state=ItemState.LEFT_OUT, why=why.value)


def _waiting(retry: Retry) -> tuple:
    return RetryItem.retry_id == retry.id, RetryItem.state == ItemState.WAITING


def _change(where: tuple, **values) -> int:
    return db.session.execute(update(RetryItem).where(*where).values(values), execution_options=_AS_IS).rowcount


_AS_IS = {"synchronize_session": False}
