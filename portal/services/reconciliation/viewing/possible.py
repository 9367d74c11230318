"""What a list of findings shows beside them: names, and the assets that a coupon may belong to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.core import access
from portal.extensions import db
from portal.models import Asset, Finding, FindingKind, ProductType, User
from portal.services.accounts import account_list
from portal.services.reconciliation.matching import suggestions

MOST = 5
"""Assets that are named for one coupon."""


@dataclass(frozen=True)
class Beside:
    products: dict[str, str] = field(default_factory=dict)
    """Names by SKU."""
    organizations: dict[str, str] = field(default_factory=dict)
    """Names of accounts by their BitTitan organisation."""
    assets: dict[int, list[Asset]] = field(default_factory=dict)
    """By the finding of a coupon that was bought elsewhere, where nothing is suggested."""


def read(viewer: User, run_id: int, findings: Sequence[Finding]) -> Beside:
    """At most four statements, however many findings there are."""
    shown = [row.shown for row in findings if row.shown is not None]
    products = _products({each.sku_id for each in shown} - {None})
    organizations = account_list.names_of_organizations(viewer, {each.organization_id for each in shown} - {None})
    return Beside(products, organizations, _possible(viewer, run_id, findings))


def _products(skus: Collection[str]) -> dict[str, str]:
    if not skus:
        return {}
    rows = select(ProductType.sku_id, ProductType.name).where(ProductType.sku_id.in_(skus))
    return dict(db.session.execute(rows).all())


def _possible(viewer: User, run_id: int, findings: Sequence[Finding]) -> dict[int, list[Asset]]:
    asked = [
        row.id
        for row in findings
        if row.kind is FindingKind.FOREIGN and row.candidates and row.counterpart_id is None
    ]  # fmt: skip
    ids = suggestions.candidates_of(run_id, asked, MOST) if asked else {}
    wanted = {asset_id for some in ids.values() for asset_id in some}
    rows = access.visible_assets(viewer).where(Asset.id.in_(wanted)) if wanted else None
    by_id = {asset.id: asset for asset in db.session.scalars(rows)} if rows is not None else {}
    return {coupon_id: [by_id[each] for each in some if each in by_id] for coupon_id, some in ids.items()}
