"""Assets without a code, among which a person chooses the one that gets a coupon."""

from sqlalchemy import Select, or_
from sqlalchemy.orm import contains_eager

from portal.core import access
from portal.extensions import db
from portal.models import Account, Asset, Finding, Lifecycle, Product, SyncStatus, User
from portal.models.asset_rules import asset_id_of
from portal.models.text_keys import search_key
from portal.services.reconciliation.matching import suggestions

MOST = 20


def search(viewer: User, text: str) -> list[Asset]:
    """By a part of the name of the asset or its account, or by its number. Longest in the portal first."""
    text = text.strip()
    key, asset_id = search_key(text), asset_id_of(text)
    found = [Asset.name_key.contains(key, autoescape=True), Account.name_key.contains(key, autoescape=True)]
    if asset_id is not None:
        found.append(Asset.id == asset_id)
    return _read(_free(viewer).where(or_(*found))) if key or len(found) > 2 else []


def fitting(viewer: User, coupon: Finding) -> list[Asset]:
    """Those that the run found possible."""
    ids = suggestions.candidates(coupon, MOST)
    return _read(_free(viewer).where(Asset.id.in_(ids))) if ids else []


def _free(viewer: User) -> Select[tuple[Asset]]:
    """`attach` takes these."""
    is_free = Asset.sync_status.in_((SyncStatus.FAILED, SyncStatus.REVIEW))
    rows = access.visible_assets(viewer).where(is_free, Asset.lifecycle == Lifecycle.ACTIVE)
    return rows.options(contains_eager(Asset.product).joinedload(Product.type))


def _read(rows: Select[tuple[Asset]]) -> list[Asset]:
    return list(db.session.scalars(rows.order_by(Asset.id).limit(MOST)))
