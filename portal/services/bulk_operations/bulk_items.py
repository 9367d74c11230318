"""The expected or actual result of each asset in a bulk operation. Computed by the database, so 10,000 take one query,
too. The reasons here are for the preview; the service that changes one asset has the last word."""

import enum

from sqlalchemy import ColumnElement, Select, case, null, select
from sqlalchemy.orm import aliased

from portal.core.i18n import lazy as _
from portal.models import (
    Account,
    Asset,
    BulkItem,
    BulkItemState,
    BulkOperation,
    Coupon,
    CouponStanding,
    JobKind,
    Lifecycle,
    Revocation,
    RevocationState,
    SyncStatus,
)
from portal.services.bulk_lists import Refusals, Use
from portal.services.bulk_operations.bulk_kinds import OPEN_REVOCATION, OTHER_REASONS, Why, is_revoked_first

PAYER = aliased(Account)


class Outcome(enum.StrEnum):
    WILL = "will"
    WILL_REVOKE = "will_revoke"
    """BitTitan has to revoke its coupon first."""
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    UNKNOWN = "unknown"
    """BitTitan has not answered yet."""
    DONE = "done"
    REVOKED = "revoked"
    """BitTitan revoked the coupon, and the asset is cancelled."""
    STALE = "stale"
    LEFT_OUT = "left_out"
    NOT_BEGUN = "not_begun"


def items(operation_ids: list[int], *columns) -> Select:
    """Joined with what `why` and `outcome` need."""
    coupon = (Coupon.asset_id == Asset.id) & (Coupon.standing == CouponStanding.RECORDED)
    is_open = (OPEN_REVOCATION.coupon_id == Coupon.id) & (OPEN_REVOCATION.state == RevocationState.ASKED)
    return (
        select(*columns)
        .select_from(BulkItem)
        .join(Asset, Asset.id == BulkItem.asset_id)
        .join(PAYER, PAYER.id == Asset.billed_account_id)
        .outerjoin(Coupon, coupon)
        .outerjoin(OPEN_REVOCATION, is_open)
        .outerjoin(Revocation, Revocation.id == BulkItem.revocation_id)
        .where(BulkItem.operation_id.in_(operation_ids))
    )


def why_not(operation: BulkOperation) -> ColumnElement[str | None]:
    """For a waiting item: why it would be left out now; NULL if it would be changed."""
    reasons = [
        (Asset.lifecycle == Lifecycle.CANCELLED, Why.CANCELLED),
        (Asset.sync_status == SyncStatus.SYNCHRONIZING, Why.OPEN),
        (Asset.sync_status == SyncStatus.UNCONFIRMED, Why.CHECKING),
        (Asset.sync_status == SyncStatus.REVIEW, Why.REVIEW),
        (Asset.version != BulkItem.version, Why.STALE),
    ]
    if operation.asks:  # the asset stays as it is, whatever its state
        reasons = []
    reasons += OTHER_REASONS[operation.kind](operation) if operation.is_chosen else []
    return case(*((condition, why.value) for condition, why in reasons), else_=null())


def outcome(operation: BulkOperation | None = None) -> ColumnElement[str]:
    """Read from the revocation, so what BitTitan answers later shows here, too."""
    reason = BulkItem.why if operation is None else OPERATIONS.why(operation)
    is_prepared = operation is not None and operation.is_prepared
    begins = [(is_revoked_first(), Outcome.WILL_REVOKE.value)] if is_prepared and operation.cancels else []
    is_waiting = BulkItem.state == BulkItemState.WAITING
    return case(
        (BulkItem.state == BulkItemState.NOT_BEGUN, Outcome.NOT_BEGUN.value),
        (reason == Why.STALE.value, Outcome.STALE.value),
        (reason.is_not(None), Outcome.LEFT_OUT.value),
        *((is_waiting & condition, name) for condition, name in begins),
        (is_waiting, Outcome.WILL.value),
        (Revocation.state == RevocationState.REVOKED, Outcome.REVOKED.value),
        (Revocation.state == RevocationState.ASKED, Outcome.UNKNOWN.value),
        (Revocation.state == RevocationState.REFUSED, Outcome.REFUSED.value),
        (Revocation.state == RevocationState.UNANSWERED, Outcome.UNANSWERED.value),
        else_=Outcome.DONE.value,
    )


def lines(operation: BulkOperation) -> Select:
    """Rows of (item, asset, account, payer, coupon, revocation, outcome, why)."""
    columns = (BulkItem, Asset, Account, PAYER, Coupon, Revocation, outcome(operation), OPERATIONS.why(operation))
    return items([operation.id], *columns).join(Account, Account.id == Asset.account_id).order_by(BulkItem.id)


OPERATIONS = Use(
    table=BulkOperation,
    item=BulkItem,
    list_id=BulkItem.operation_id,
    states=BulkItemState,
    outcomes=Outcome,
    unsettled=(Outcome.WILL, Outcome.WILL_REVOKE),
    moving=(Outcome.WILL, Outcome.WILL_REVOKE, Outcome.UNKNOWN),
    job=JobKind.BULK,
    subject="bulk",
    refusals=Refusals(
        nothing_chosen=_("There is nothing to change here: tick assets, or choose others."),
        started=_("It has just been started. Nothing is done twice."),
        changed=_("What can be changed is not what you saw, so nothing was started. Look, then press again."),
        nothing_possible=_("Nothing can be changed now. The reasons are below."),
    ),
    items=items,
    why_not=why_not,
    why_impossible=why_not,
    outcome=outcome,
    lines=lines,
)
