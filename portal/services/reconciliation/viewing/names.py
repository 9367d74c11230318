"""Names of what BitTitan gives only by an id: products and organisations."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.extensions import db
from portal.models import ProductType, ShownCoupon, User
from portal.services.accounts import account_list


@dataclass(frozen=True)
class Names:
    products: Mapping[str, str] = field(default_factory=dict)
    """By SKU."""
    organizations: Mapping[str, str] = field(default_factory=dict)
    """Of accounts that the viewer sees, by their BitTitan organisation."""


def of(viewer: User, coupons: Iterable[ShownCoupon | None]) -> Names:
    """Two statements at most."""
    shown = [each for each in coupons if each is not None]
    organizations = {each.organization_id for each in shown} - {None}
    products = _products({each.sku_id for each in shown} - {None})
    return Names(products, account_list.names_of_organizations(viewer, organizations))


def _products(skus: Collection[str]) -> dict[str, str]:
    if not skus:
        return {}
    rows = select(ProductType.sku_id, ProductType.name).where(ProductType.sku_id.in_(skus))
    return dict(db.session.execute(rows).all())
