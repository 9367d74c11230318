"""Cancels many failed assets at once: those that cannot be bought as they were ordered. None of them has a code."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.core import access
from portal.core.errors import DomainError
from portal.extensions import db
from portal.models import Account, Asset, SyncStatus, User
from portal.services import assets, lists
from portal.services.lists.list_filters import Filters

MOST = 100
"""At once, so that the page answers soon. The others come next."""


@dataclass(frozen=True)
class Candidates:
    rows: list[tuple[Asset, Account]]
    """With the account that uses it; longest waiting first."""
    has_more: bool

    @property
    def are_surely_unbought(self) -> bool:
        """Whether the portal itself knows that BitTitan issued no coupon for any of them."""
        return all(asset.is_surely_unbought for asset, _account in self.rows)


def candidates(viewer: User, cause: str) -> Candidates:
    ids = lists.matching_ids(viewer, Filters(cause=cause)).where(*lists.RETRYABLE)
    ids = ids.order_by(Asset.purchased_on, Asset.id).limit(MOST + 1).subquery()
    rows = (
        select(Asset, Account)
        .join(ids, ids.c.id == Asset.id)
        .join(Account, Account.id == Asset.account_id)
        .options(joinedload(Asset.coupon), joinedload(Asset.last_attempt))
        .order_by(Asset.purchased_on, Asset.id)
    )
    found = [(asset, account) for asset, account in db.session.execute(rows)]
    return Candidates(found[:MOST], len(found) > MOST)


def cancel_failed(seen: dict[int, int], *, by: User, reason: str) -> int:
    """`seen` has the version of each asset that the person saw. What has changed since is left as it is. Returns how
    many were cancelled."""
    return sum([_cancel(asset_id, version, by, reason) for asset_id, version in list(seen.items())[:MOST]])


def _cancel(asset_id: int, version: int, by: User, reason: str) -> bool:
    """A code comes only with a new version, so no coupon is revoked here."""
    try:
        asset = access.visible_asset(by, asset_id)
        if asset.sync_status is not SyncStatus.FAILED or not asset.is_active:
            return False
        assets.cancel(asset, version=version, by=by, reason=reason)
    except DomainError:
        return False
    return True
