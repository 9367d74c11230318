"""Bulk operations: a bulk list (services/bulk_lists) whose assets are cancelled, annotated or renamed. The worker does
it (bulk_job.py). Each asset is changed by the function that its own page uses, under the same rules.
"""

from sqlalchemy import Select, select

from portal.core import errors
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Asset,
    BulkItem,
    BulkItemState,
    BulkKind,
    BulkOperation,
    BulkOrigin,
    Coupon,
    CouponStanding,
    Revocation,
    RevocationState,
    User,
)
from portal.services import bulk_lists, lists
from portal.services.bulk_operations import bulk_kinds
from portal.services.bulk_operations.bulk_items import OPERATIONS
from portal.services.lists.list_filters import Filters


def prepare_picked(kind: BulkKind, asset_ids: list[int], query: str = "", *, by: User) -> BulkOperation:
    """`query` is the address of the list where it was ticked. Raises Conflict if nothing was."""
    rows = bulk_lists.picked(asset_ids, by=by)
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
        bulk_lists.lock_prepared(OPERATIONS, operation, version=version).choices = choices


def start(operation: BulkOperation, *, version: int, by: User, choices: dict) -> None:
    """`version`: the number of possible changes that the preview showed. Raises Conflict, StaleVersion."""
    with transaction():
        row = bulk_lists.lock_prepared(OPERATIONS, operation, version=version)
        if not row.cancels and row.choices != choices:
            raise errors.StaleVersion(_("Somebody changed what is to happen. Look at the preview, then press again."))
        row.choices = choices
        bulk_lists.begin(OPERATIONS, row, by=by)


def finish_item(operation: BulkOperation, item: BulkItem, before: str | None, after: str | None) -> None:
    """Inside the transaction of the change. Raises Conflict, so that nothing is changed, if the item is not waiting."""
    columns = {"before": before, "after": after}
    if operation.cancels:
        columns = {"revocation_id": db.session.scalar(_open_revocation(item.asset_id))}
    bulk_lists.carry_out(OPERATIONS, item, BulkItemState.DONE, **columns)


def _open_revocation(asset_id: int) -> Select[tuple[int]]:
    """The request to revoke the asset's coupon, on which its cancellation waits."""
    is_coupon = (Coupon.asset_id == asset_id, Coupon.standing == CouponStanding.RECORDED)
    is_open = (Revocation.state == RevocationState.ASKED, Revocation.cancels.is_(True))
    return select(Revocation.id).join(Coupon, Coupon.id == Revocation.coupon_id).where(*is_coupon, *is_open)


def _prepare(rows: Select, *, by: User, **columns) -> BulkOperation:
    with transaction():
        return bulk_lists.prepare(OPERATIONS, rows, by=by, choices={}, **columns)
