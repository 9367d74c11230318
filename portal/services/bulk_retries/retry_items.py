"""The expected or actual result of each asset in a retry. Computed by the database, so 10,000 take one query, too."""

import enum
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, and_, case, null, or_, select
from sqlalchemy.orm import aliased

from portal.core.i18n import lazy as _
from portal.models import (
    Account,
    Asset,
    Attempt,
    AttemptState,
    ItemState,
    JobKind,
    Lifecycle,
    Product,
    ProductType,
    Retry,
    RetryItem,
    SyncStatus,
)
from portal.services import credited_assets
from portal.services.bulk_lists import Refusals, Use
from portal.services.coupons import unassigned_coupons

PAYER = aliased(Account)


class Why(enum.StrEnum):
    """Why an asset is left out."""

    CANCELLED = "cancelled"
    SYNCHRONIZED = "synchronized"
    OPEN = "open"
    STALE = "stale"
    """It failed, but has changed since the list was frozen."""
    CREDITED = "credited"
    """It was credited as not delivered since then."""
    PAYER = "payer"
    SKU = "sku"
    SURPLUS = "surplus"
    """BitTitan issued a coupon for it that must be dealt with first."""
    IMPORTED = "imported"


class Outcome(enum.StrEnum):
    WILL = "will"
    """It waits, and nothing prevents it."""
    UNDER_WAY = "under_way"
    CHECKING = "checking"
    REVIEW = "review"
    SYNCHRONIZED = "synchronized"
    FAILED = "failed"
    STALE = "stale"
    LEFT_OUT = "left_out"
    NOT_BEGUN = "not_begun"


Reasons = list[tuple[ColumnElement[bool], Why]]
_OF_STATE: Reasons = [
    (Asset.lifecycle == Lifecycle.CANCELLED, Why.CANCELLED),
    (Asset.sync_status == SyncStatus.SYNCHRONIZED, Why.SYNCHRONIZED),
    (Asset.sync_status != SyncStatus.FAILED, Why.OPEN),
]
UNSETTLED = (Outcome.WILL, Outcome.UNDER_WAY)
_UNDER_WAY = (AttemptState.RESERVED, AttemptState.SENDING)
_NOTHING_BOUGHT = (AttemptState.REFUSED, AttemptState.NOT_SENT, AttemptState.NOT_EXECUTED)


def items(retry_ids: list[int], *columns) -> Select:
    """Joined with what `why_not` and `outcome` need: the asset, its payer, product and type, the attempt."""
    rows = select(*columns).select_from(RetryItem).join(Asset, Asset.id == RetryItem.asset_id)
    attempts = parties(rows).outerjoin(Attempt, Attempt.id == RetryItem.attempt_id)
    return attempts.where(RetryItem.retry_id.in_(retry_ids))


def parties(rows: Select) -> Select:
    """Joins each asset's payer, product and type."""
    rows = rows.join(PAYER, PAYER.id == Asset.billed_account_id).join(Product, Product.id == Asset.product_id)
    return rows.join(ProductType, ProductType.id == Product.type_id)


def why_not(includes_imported: bool) -> ColumnElement[str | None]:
    """For a waiting item: why it would be left out now; NULL if it would be requested. The request itself has the last
    word."""
    since: Reasons = [
        (Asset.version != RetryItem.version, Why.STALE),
        (RetryItem.credits_seen != credited_assets.count_notes(Asset.id), Why.CREDITED),
    ]
    return _first([*_OF_STATE, *since, *_obstacles(includes_imported)])


def why_not_now() -> ColumnElement[str | None]:
    """The same of a failed asset that no retry holds yet; needs what `parties` joins."""
    return _first(_obstacles(includes_imported=False))


def _obstacles(includes_imported: bool) -> Reasons:
    reasons = [
        (PAYER.organization_id.is_(None), Why.PAYER),
        (ProductType.sku_id.is_(None), Why.SKU),
        (unassigned_coupons.prevent_purchase(datetime.now(UTC)), Why.SURPLUS),
    ]
    return reasons if includes_imported else [*reasons, (Asset.imported_at.is_not(None), Why.IMPORTED)]


def _first(reasons: Reasons) -> ColumnElement[str | None]:
    return case(*((condition, why.value) for condition, why in reasons), else_=null())


def outcome(retry: Retry | None = None) -> ColumnElement[str]:
    """Read from the attempt, so a coupon that is found later shows here, too."""
    reason = RetryItem.why if retry is None else RETRIES.why(retry)
    is_bought = or_(
        Attempt.state == AttemptState.SUCCEEDED,
        and_(Asset.attempts_made == Attempt.number, Asset.sync_status == SyncStatus.SYNCHRONIZED),
    )
    return case(
        (RetryItem.state == ItemState.NOT_BEGUN, Outcome.NOT_BEGUN.value),
        (reason == Why.STALE.value, Outcome.STALE.value),
        (reason.is_not(None), Outcome.LEFT_OUT.value),
        (RetryItem.state == ItemState.WAITING, Outcome.WILL.value),
        (is_bought, Outcome.SYNCHRONIZED.value),
        (Attempt.state.in_(_UNDER_WAY), Outcome.UNDER_WAY.value),
        (Attempt.state == AttemptState.UNKNOWN, Outcome.CHECKING.value),
        (Attempt.state == AttemptState.REVIEW, Outcome.REVIEW.value),
        else_=Outcome.FAILED.value,
    )


def lines(retry: Retry) -> Select:
    """Rows of (item, asset, account, payer, product, attempt, outcome, why)."""
    columns = (RetryItem, Asset, Account, PAYER, Product, Attempt, outcome(retry), RETRIES.why(retry))
    return items([retry.id], *columns).join(Account, Account.id == Asset.account_id).order_by(RetryItem.id)


def is_over(state: AttemptState) -> bool:
    """Settled for certain, and nothing was bought."""
    return state in _NOTHING_BOUGHT


RETRIES = Use(
    table=Retry,
    item=RetryItem,
    list_id=RetryItem.retry_id,
    states=ItemState,
    outcomes=Outcome,
    unsettled=UNSETTLED,
    moving=(*UNSETTLED, Outcome.CHECKING),
    job=JobKind.RETRY,
    subject="retry",
    refusals=Refusals(
        nothing_chosen=_("There is nothing to retry here: tick assets, or choose others."),
        started=_("It has just been started. Nothing is sent twice."),
        changed=_("What can be sent has changed since you looked, so nothing was started. Look, then press again."),
        nothing_possible=_("Nothing can be sent now. The reasons are below."),
    ),
    items=items,
    why_not=lambda retry: why_not(retry.includes_imported),
    why_impossible=lambda _retry: why_not(includes_imported=True),
    outcome=outcome,
    lines=lines,
)
