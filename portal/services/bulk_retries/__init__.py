"""Bulk retries: a bulk list (services/bulk_lists) whose assets are synchronized again. The worker does it
(retry_job.py). Nothing here buys: each asset goes through services/provisioning.
"""

from urllib.parse import urlencode

from sqlalchemy import Select, func, select, update

from portal.core import errors
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Asset, Attempt, ItemState, Retry, RetryItem, RetryOrigin, SyncStatus, User
from portal.services import bulk_lists, credited_assets, lists
from portal.services.bulk_retries import retry_items
from portal.services.bulk_retries.retry_items import RETRIES, Outcome
from portal.services.lists.list_filters import Filters

COMMON_CAUSE = "common-cause"
"""Stands in `Retry.query` for the cause that the assets have in common, where no list was filtered by it."""
AGAIN = (Outcome.FAILED, Outcome.NOT_BEGUN)


def prepare_picked(asset_ids: list[int], query: str = "", *, by: User) -> Retry:
    """`query` is the address of the list where it was ticked. Raises Conflict if nothing was."""
    return _prepare(bulk_lists.picked(asset_ids, by=by), RetryOrigin.PICKED, by=by, query=query)


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
    """`version`: the number of possible sends that the preview showed. Raises Conflict, StaleVersion."""
    with transaction():
        row = bulk_lists.lock_prepared(RETRIES, retry, version=version)
        row.has_canary, row.includes_imported, row.expire_days = has_canary, includes_imported, expire_days
        bulk_lists.begin(RETRIES, row, by=by, why="imported ones included" if includes_imported else None)


def request_item(item: RetryItem, attempt: Attempt) -> None:
    """Inside the transaction `reserve`. Raises Conflict, so that no attempt is opened, if the item is not waiting."""
    bulk_lists.carry_out(RETRIES, item, ItemState.REQUESTED, attempt_id=attempt.id)


def mendable(viewer: User, cause: str) -> dict[int, int]:
    """By billed account: how many assets that failed for this cause a retry would send; of at most CAP."""
    rows = lists.matching_ids(viewer, Filters(cause=cause)).where(*lists.RETRYABLE)
    ids = rows.order_by(Asset.purchased_on, Asset.id).limit(lists.CAP + 1).subquery()
    payer, number = Asset.billed_account_id, func.count()
    found = retry_items.parties(select(payer, number).select_from(ids).join(Asset, Asset.id == ids.c.id))
    return dict(db.session.execute(found.where(retry_items.why_not_now().is_(None)).group_by(payer)).all())


def _prepare(rows: Select, origin: RetryOrigin, *, by: User, **columns) -> Retry:
    with transaction():
        retry = bulk_lists.prepare(RETRIES, rows, by=by, origin=origin, **columns)
        _keep_credits(retry)
        if origin is not RetryOrigin.MATCHING:
            retry.query = "&".join(filter(None, (retry.query, _common_cause(retry))))
        return retry


def _keep_credits(retry: Retry) -> None:
    """As the version of an asset: a later credit note is one that the preview has not shown."""
    notes = credited_assets.count_notes(RetryItem.asset_id)
    rows = update(RetryItem).where(RetryItem.retry_id == retry.id, notes > 0).values(credits_seen=notes)
    db.session.execute(rows, execution_options={"synchronize_session": False})


def _common_cause(retry: Retry) -> str:
    """For the name of the retry; empty if the assets failed for several causes. A list ignores it in its address."""
    rows = select(Asset.last_cause).distinct().select_from(RetryItem).join(Asset, Asset.id == RetryItem.asset_id)
    rows = rows.where(RetryItem.retry_id == retry.id, Asset.sync_status == SyncStatus.FAILED)
    causes = db.session.scalars(rows.limit(2)).all()
    return urlencode({COMMON_CAUSE: causes[0]}) if len(causes) == 1 else ""
