"""The filters of a list of assets, and their SQL conditions."""

import enum
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Self

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from portal.core import access, clock
from portal.core.statement_cache import StatementArgs
from portal.core.viewer import Tree, Viewer
from portal.database import VALUES_MATTER
from portal.models import (
    EXPIRED,
    NO_CURRENCY,
    REDEEMED,
    REVOKED,
    Asset,
    AssetRequest,
    AssetRequestState,
    AtBitTitan,
    Coupon,
    CouponStanding,
    Lifecycle,
    Revocation,
    RevocationState,
    Right,
    SyncStatus,
    User,
)
from portal.services.lists import list_codes
from portal.services.lists.search_terms import Term

SOON = timedelta(days=30)


class Redeem(enum.Enum):
    EXPIRING = "expiring"
    """A code that expires within SOON and that BitTitan still takes, as far as it is known."""
    EXPIRED = "expired"
    READY = "ready"
    """A verified code that can be redeemed."""
    REDEEMED = "redeemed"
    LAPSED = "lapsed"
    """A code that nobody redeemed and whose last day has passed."""
    UNREDEEMED = "unredeemed"
    NO_CODE = "no-code"
    """No code is recorded, whatever the reason."""


@dataclass(frozen=True)
class Filters(StatementArgs):
    """A field that not everybody may know names the right that it needs: see `may_narrow`."""

    term: Term | None = None
    statuses: tuple[SyncStatus, ...] = ()
    lifecycle: Lifecycle | None = None
    product_id: int | None = None
    account_id: int | None = None
    """Including what is below it."""
    account: Tree | None = None
    """That account, once it is known that the viewer may see it."""
    within: Tree | None = None
    """The account whose page this is. Like `account`, but not a filter that can be removed."""
    purchased_from: date | None = None
    purchased_to: date | None = None
    redeem_from: date | None = None
    redeem_to: date | None = None
    ends_from: date | None = None
    ends_to: date | None = None
    """The last day of redeemed licences."""
    redeem: Redeem | None = None
    is_imported: bool = field(default=False, metadata={"needs": Right.SEE_INTERNALS})
    is_asked: bool = False
    cause: str | None = field(default=None, metadata={"needs": Right.SEE_INTERNALS})
    """Why it failed and is still failed: see `Asset.last_cause`."""
    billed_id: int | None = field(default=None, metadata={"needs": Right.SEE_INTERNALS})
    """A former partner must not be revealed to its successor."""
    at_bittitan: AtBitTitan | None = field(default=None, metadata={"needs": Right.SEE_INTERNALS})
    """Of the recorded code."""
    unanswered_since: datetime | None = field(default=None, metadata={"needs": Right.SEE_INTERNALS})
    """A code that may still change, about which BitTitan has answered nothing since then."""
    currency: str | None = None
    """Of the price; NO_CURRENCY: without one. Who pays finds only what the own account pays."""
    payer_id: int | None = None
    """Set by `of`, where the currency may be known of this account's assets only."""
    asker_id: int | None = None
    """Set by `of`, where it may be known of this account's requests only whether they are open."""
    is_impossible: bool = False
    """Names something that does not exist (for this viewer), so nothing is found."""

    @property
    def has_dates(self) -> bool:
        return self.purchased_from is not None or self.purchased_to is not None

    @property
    def is_by_last_day(self) -> bool:
        """Whether the matching rows stand together in the order of the last day to redeem them."""
        has_days = self.redeem_from is not None or self.redeem_to is not None
        return has_days or self.redeem in (Redeem.EXPIRED, Redeem.EXPIRING)

    def of(self, viewer: User | Viewer) -> Self:
        """Without the fields that this viewer may not use, as if nobody had asked; prices are those of who pays, and
        requests those of the own account."""
        blank = Filters()
        left_out = {
            name: getattr(blank, name)
            for name in _NEEDS
            if getattr(self, name) != getattr(blank, name) and not may_narrow(viewer, name)
        }
        if self.currency is not None and not viewer.is_staff:
            left_out["payer_id"] = viewer.account.id
        if self.is_asked and not viewer.is_staff:
            left_out["asker_id"] = viewer.account.id
        return replace(self, **left_out) if left_out else self


_NEEDS: dict[str, Right] = {each.name: each.metadata["needs"] for each in fields(Filters) if "needs" in each.metadata}


def may_narrow(viewer: User | Viewer, name: str) -> bool:
    """Whether this viewer may filter by that field of Filters."""
    return name not in _NEEDS or viewer.may(_NEEDS[name])


def equals_literal(column: InstrumentedAttribute, value: enum.Enum) -> ColumnElement[bool]:
    """A literal instead of a parameter: a partial index is used only if the statement names its rows."""
    return column == literal(value, column.type, literal_execute=True)


IS_ACTIVE = ~equals_literal(Asset.lifecycle, Lifecycle.CANCELLED)
"""Worded unlike the condition of any partial index. Otherwise SQLite would read all failed active assets instead of
those of one account."""


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term and the statuses; uses only columns of the asset."""
    return [in_trees(filters), *narrowing(filters)]


def narrowing(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term, the statuses and the accounts."""
    conditions = []
    if filters.lifecycle:
        conditions.append(equals_literal(Asset.lifecycle, filters.lifecycle))
    if filters.product_id is not None:
        conditions.append(Asset.product_id == filters.product_id)
    if filters.is_impossible:
        conditions.append(false())
    return (
        conditions
        + _in_days(filters)
        + _priced(filters)
        + _trouble(filters)
        + _redeem(filters.redeem)
        + list_codes.of_assets(*codes_of(filters))
    )


def _in_days(filters: Filters) -> list[ColumnElement[bool]]:
    """From a day on, and until a day."""
    periods = (
        (Asset.purchased_on, filters.purchased_from, filters.purchased_to),
        (Asset.redeem_by, filters.redeem_from, filters.redeem_to),
        (Asset.ends_on, filters.ends_from, filters.ends_to),
    )
    begins = [day >= first for day, first, _last in periods if first is not None]
    return begins + [day <= last for day, _first, last in periods if last is not None]


def codes_of(filters: Filters) -> tuple[AtBitTitan | None, datetime | None]:
    return filters.at_bittitan, filters.unanswered_since


def from_codes(rows: Select, filters: Filters) -> tuple[Select, Filters]:
    """`rows` of assets and the filters that are left, where it is better to begin with the codes."""
    chosen = {name for name, value in vars(filters).items() if value is not None and value is not False}
    chosen -= set() if filters.statuses else {"statuses"}
    if not chosen & _CODES or chosen - _CODES - _BESIDE_CODES:
        return rows, filters
    rows = list_codes.begin_with_codes(rows, *codes_of(filters))
    return rows, replace(filters, at_bittitan=None, unanswered_since=None)


_CODES = {"at_bittitan", "unanswered_since"}
_BESIDE_CODES = {"statuses", "lifecycle", "redeem", "currency", "is_imported"}
"""No index of assets finds these sooner."""


def planning(filters: Filters) -> dict[str, bool]:
    """Execution options for a statement with these filters. Without term and days, one plan fits everybody."""
    return {VALUES_MATTER: bool(filters.term or narrowing(filters))}


def in_status(filters: Filters) -> list[ColumnElement[bool]]:
    """Failed is combined with nothing that can be cancelled."""
    if filters.statuses == (SyncStatus.FAILED,):
        return is_failed(filters)
    statuses = [literal(status, Asset.sync_status.type, literal_execute=True) for status in filters.statuses]
    conditions = [Asset.sync_status.in_(statuses)] if statuses else []
    is_narrowed = SyncStatus.FAILED in filters.statuses and filters.lifecycle is None
    return [*conditions, IS_ACTIVE] if is_narrowed else conditions


def is_failed(filters: Filters) -> list[ColumnElement[bool]]:
    """What “failed” means in lists, as in the work queue: not cancelled, unless the lifecycle is chosen as well."""
    failed = equals_literal(Asset.sync_status, SyncStatus.FAILED)
    return [failed] if filters.lifecycle else [failed, IS_ACTIVE]


def _trouble(filters: Filters) -> list[ColumnElement[bool]]:
    conditions = []
    if filters.is_imported:
        conditions.append(Asset.external_key.is_not(None))
    if filters.is_asked:
        conditions.append(Asset.asked_at.is_not(None))
    if filters.asker_id is not None:
        is_open = (AssetRequest.account_id == filters.asker_id, AssetRequest.state == AssetRequestState.OPEN)
        conditions.append(exists().where(AssetRequest.asset_id == Asset.id, *is_open).correlate(Asset))
    if filters.cause is not None:
        conditions += [*is_failed(filters), Asset.last_cause == filters.cause]
    if filters.billed_id is not None:
        conditions.append(Asset.billed_account_id == filters.billed_id)
    return conditions


def _priced(filters: Filters) -> list[ColumnElement[bool]]:
    conditions = []
    if filters.currency is not None:
        conditions.append(func.coalesce(Asset.currency, NO_CURRENCY) == filters.currency)
    if filters.payer_id is not None:
        conditions.append(Asset.billed_account_id == filters.payer_id)
    return conditions


def in_trees(filters: Filters) -> ColumnElement[bool]:
    return or_(*trees(filters))


def trees(filters: Filters) -> list[ColumnElement[bool]]:
    """The accounts, as alternatives without common rows, each with its own index: before an account is loaded, it is
    not known whether it is a branch."""
    alternatives = [_in_tree(account) for account in (filters.account, filters.within) if account] or [true()]
    if filters.account is not None or filters.account_id is None:
        return [and_(*alternatives)]
    is_branch = Asset.branch_id == filters.account_id
    is_leaf = and_(Asset.account_id == filters.account_id, Asset.branch_id != filters.account_id)
    return [and_(*alternatives, is_branch), and_(*alternatives, is_leaf)]


def _in_tree(account: Tree) -> ColumnElement[bool]:
    return access.in_tree_of(account, Asset.branch_id, Asset.account_id)


def _redeem(redeem: Redeem | None) -> list[ColumnElement[bool]]:
    today = clock.today()
    if redeem is Redeem.EXPIRED:
        return [Asset.redeem_by < today]
    if redeem is Redeem.EXPIRING:
        return [Asset.redeem_by.between(today, today + SOON), IS_ACTIVE, _has_code_that(redeem, today)]
    if redeem is Redeem.NO_CODE:
        return [IS_ACTIVE, _has_no_code()]
    return [IS_ACTIVE, _has_code_that(redeem, today)] if redeem else []


def _has_no_code() -> ColumnElement[bool]:
    """What is synchronized has a code, so the index of the statuses finds the others."""
    others = [status for status in SyncStatus if status is not SyncStatus.SYNCHRONIZED]
    recorded = (Coupon.asset_id == Asset.id, equals_literal(Coupon.standing, CouponStanding.RECORDED))
    literals = [literal(status, Asset.sync_status.type, literal_execute=True) for status in others]
    return and_(Asset.sync_status.in_(literals), ~exists().where(*recorded).correlate(Asset))


def _has_code_that(redeem: Redeem, today: date) -> ColumnElement[bool]:
    """As display/wording/storefront_words.py names the states of a code."""
    is_redeemed = or_(Coupon.redeemed_at.is_not(None), func.coalesce(Coupon.status, "") == REDEEMED)
    is_open = and_(Coupon.redeemed_at.is_(None), func.coalesce(Coupon.status, "").not_in((REDEEMED, REVOKED)))
    is_over = or_(Asset.redeem_by < today, func.coalesce(Coupon.status, "") == EXPIRED)
    wanted = {
        Redeem.REDEEMED: is_redeemed,
        Redeem.UNREDEEMED: is_open,
        Redeem.LAPSED: and_(is_open, is_over),
        Redeem.EXPIRING: and_(is_open, func.coalesce(Coupon.status, "") != EXPIRED),
        Redeem.READY: and_(
            is_open, ~is_over, Coupon.is_verified.is_(True), Coupon.absent_at.is_(None), ~_is_being_revoked()
        ),
    }
    recorded = (Coupon.asset_id == Asset.id, equals_literal(Coupon.standing, CouponStanding.RECORDED))
    return exists().where(*recorded, wanted[redeem]).correlate(Asset)


def _is_being_revoked() -> ColumnElement[bool]:
    """Few are at a time, so they are read once rather than looked up for each coupon."""
    is_asked = equals_literal(Revocation.state, RevocationState.ASKED)
    return Coupon.id.in_(select(Revocation.coupon_id).where(is_asked))
