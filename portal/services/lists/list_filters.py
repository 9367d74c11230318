"""What a list of assets can be narrowed by, and the conditions that this means."""

import enum
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Self

from sqlalchemy import ColumnElement, and_, exists, false, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.core import access, clock
from portal.core.statement_cache import StatementArgs, structural
from portal.core.viewer import Tree, Viewer
from portal.database import VALUES_MATTER
from portal.models import Asset, Attempt, Coupon, CouponStanding, Lifecycle, Right, SyncStatus, User
from portal.services.lists.terms import Term

SOON = timedelta(days=30)
NO_ATTEMPT, NO_CAUSE = "never-sent", "no-reason"
"""Words that BitTitan does not use."""


class Redeem(enum.Enum):
    EXPIRING = "expiring"
    """A code that nobody redeemed runs out within SOON."""
    EXPIRED = "expired"


@dataclass(frozen=True)
class Filters(StatementArgs):
    """What not everybody may know of an asset names the right that it needs: see `may_narrow`."""

    term: Term | None = None
    statuses: tuple[SyncStatus, ...] = ()
    lifecycle: Lifecycle | None = None
    product_id: int | None = None
    account_id: int | None = None
    """With what hangs below it."""
    account: Tree | None = None
    """That account, once it is known that the viewer may see it."""
    within: Tree | None = None
    """The account whose page this is; like `account`, but no filter that can be taken away."""
    purchased_from: date | None = None
    purchased_to: date | None = None
    redeem: Redeem | None = None
    is_asked: bool = False
    cause: str | None = structural(None, needs=Right.SEE_INTERNALS)
    """Why it failed, and has failed still: the word of its last attempt, or NO_ATTEMPT, NO_CAUSE."""
    billed_id: int | None = field(default=None, metadata={"needs": Right.SEE_INTERNALS})
    """A former partner is not named to the one that came after it."""
    is_impossible: bool = False
    """It names something that does not exist (for this viewer): nothing is found."""

    @property
    def has_dates(self) -> bool:
        return self.purchased_from is not None or self.purchased_to is not None

    def of(self, viewer: User | Viewer) -> Self:
        """Without what this viewer may not ask for: then it is as if nobody had asked."""
        left_out = {name: None for name in _NEEDS if getattr(self, name) is not None and not may_narrow(viewer, name)}
        return replace(self, **left_out) if left_out else self


_NEEDS: dict[str, Right] = {each.name: each.metadata["needs"] for each in fields(Filters) if "needs" in each.metadata}


def may_narrow(viewer: User | Viewer, name: str) -> bool:
    """May this viewer narrow a list by that field of Filters?"""
    return name not in _NEEDS or viewer.may(_NEEDS[name])


def written_out(column: InstrumentedAttribute, value: enum.Enum) -> ColumnElement[bool]:
    """The column is this; not bound: an index of some rows is taken only for a statement that names these rows."""
    return column == literal(value, column.type, literal_execute=True)


IS_ACTIVE = ~written_out(Asset.lifecycle, Lifecycle.CANCELLED)
"""In words that no index of some rows has: SQLite would rather read all failed assets that are active, whosever they
are, than those of one account."""


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term and the statuses, on columns of the asset alone."""
    return [in_trees(filters), *narrowing(filters)]


def narrowing(filters: Filters) -> list[ColumnElement[bool]]:
    """All but the term, the statuses and whose the assets are."""
    found = []
    if filters.lifecycle:
        found.append(written_out(Asset.lifecycle, filters.lifecycle))
    if filters.product_id is not None:
        found.append(Asset.product_id == filters.product_id)
    if filters.purchased_from is not None:
        found.append(Asset.purchased_on >= filters.purchased_from)
    if filters.purchased_to is not None:
        found.append(Asset.purchased_on <= filters.purchased_to)
    if filters.is_impossible:
        found.append(false())
    return found + _trouble(filters) + _redeem(filters.redeem)


def planning(filters: Filters) -> dict[str, bool]:
    """Execution options of a statement that looks for these. Without a term and days it is found alike for anybody."""
    return {VALUES_MATTER: bool(filters.term or narrowing(filters))}


def in_status(filters: Filters) -> list[ColumnElement[bool]]:
    statuses = [literal(status, Asset.sync_status.type, literal_execute=True) for status in filters.statuses]
    return [Asset.sync_status.in_(statuses)] if statuses else []


def _trouble(filters: Filters) -> list[ColumnElement[bool]]:
    found = []
    if filters.is_asked:
        found.append(Asset.asked_at.is_not(None))
    if filters.cause:
        found += [Asset.sync_status == SyncStatus.FAILED, _failed_because(filters.cause)]
    if filters.billed_id is not None:
        found.append(Asset.billed_account_id == filters.billed_id)
    return found


def _failed_because(cause: str) -> ColumnElement[bool]:
    """The index of causes says which could be; then the attempt has to be the last one. `+ 0` keeps the list in its
    order: SQLite would begin with the attempts, of which there may be very many."""
    if cause == NO_ATTEMPT:
        return Asset.attempts_made == 0
    last, some = aliased(Attempt), aliased(Attempt)
    is_last = exists().where(last.asset_id == Asset.id, last.number == Asset.attempts_made)
    if cause == NO_CAUSE:
        return is_last.where(last.cause.is_(None))
    could_be = (Asset.id + 0).in_(select(some.asset_id).where(some.cause == cause))
    return could_be & is_last.where(last.cause == cause)


def in_trees(filters: Filters) -> ColumnElement[bool]:
    return or_(*trees(filters))


def trees(filters: Filters) -> list[ColumnElement[bool]]:
    """Whose the assets are, as alternatives that have no row in common, each with an index of its own: of an account
    that is not loaded yet it is not known whether it is a branch."""
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
        unredeemed = (
            exists()
            .where(
                Coupon.asset_id == Asset.id,
                written_out(Coupon.standing, CouponStanding.RECORDED),
                Coupon.redeemed_at.is_(None),
            )
            .correlate(Asset)
        )
        return [Asset.redeem_by.between(today, today + SOON), IS_ACTIVE, unredeemed]
    return []
