"""What is on record about some coupons that BitTitan showed. Takes two statements, and three about those that are not
on record, however many there are.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Row, bindparam, func, or_, select

from portal.extensions import db
from portal.models import (
    Asset,
    Coupon,
    CouponStanding,
    Product,
    ProductType,
    ReconciliationRun,
    ShownCoupon,
)
from portal.services.reconciliation.matching import open_lookups
from portal.services.reconciliation.scanning import scope

OF_COUPONS = (
    Coupon.id, Coupon.code, Coupon.bittitan_id, Coupon.reference, Coupon.asset_id, Coupon.moved_from_id,
    Coupon.standing, Coupon.status, Coupon.sku_id, Coupon.organization_id, Coupon.quantity, Coupon.expires_at,
    Coupon.redeemed_at, Coupon.is_verified, Coupon.confirmed_at, Coupon.disputed_at, Coupon.read_at,
    Coupon.absent_at,
)  # fmt: skip
OF_ASSETS = (
    Asset.id, Asset.reference, Asset.quantity, Asset.redeem_by, Asset.sync_status, Asset.lifecycle, Asset.version,
    ProductType.sku_id,
)  # fmt: skip
_given = partial(bindparam, expanding=True)
_COUPONS_OF = select(*OF_COUPONS).where(
    or_(Coupon.code.in_(_given("codes")), Coupon.bittitan_id.in_(_given("ids"))),
    Coupon.standing != CouponStanding.WITHDRAWN,
)
_ASSETS_OF = (
    select(*OF_ASSETS)
    .join(Product, Product.id == Asset.product_id)
    .join(ProductType, ProductType.id == Product.type_id)
    .where(or_(Asset.id.in_(_given("ids")), Asset.reference.in_(_given("references"))))
)


@dataclass(frozen=True)
class Records:
    by_code: dict[str, Row] = field(default_factory=dict)
    by_id: dict[str, Row] = field(default_factory=dict)
    assets: dict[int, Row] = field(default_factory=dict)
    by_reference: dict[str, Row] = field(default_factory=dict)
    """Assets."""
    with_code: set[int] = field(default_factory=set)
    """Assets that have their own code, and one under their reference that is not on record."""
    open: set[int] = field(default_factory=set)
    """Assets whose own look-ups will find their coupon."""
    first: dict[str, int] = field(default_factory=dict)
    """The first coupon of this run that is under a reference and not on record."""
    in_scope: set[int] = field(default_factory=set)
    organizations: set[str] = field(default_factory=set)

    def of(self, shown: Row) -> tuple[Row | None, Row | None]:
        """The rows with its Id and with its code, which should be the same one."""
        return self.by_id.get(shown.bittitan_id), self.by_code.get(shown.code)


def read(run: ReconciliationRun, coupons: Sequence[Row]) -> Records:
    by_code, by_id = _coupons(coupons)
    rows = {row.id: row for row in (*by_code.values(), *by_id.values())}
    references = {each.reference for each in coupons if each.reference}
    assets = _assets({row.asset_id for row in rows.values()} - {None}, references)
    by_reference = {row.reference: row for row in assets.values() if row.reference in references}
    unknown = {each.reference for each in coupons if each.code not in by_code and each.bittitan_id not in by_id}
    unknown &= by_reference.keys()
    owners = {by_reference[reference].id for reference in unknown}
    return Records(
        by_code, by_id, assets, by_reference, _with_code(owners), open_lookups.among(owners),
        _first(run.id, unknown), scope.assets_among(run, assets.keys()),
        scope.organizations_among(run, {each.organization_id for each in coupons} - {None}),
    )  # fmt: skip


def _coupons(coupons: Sequence[Row]) -> tuple[dict[str, Row], dict[str, Row]]:
    """Without withdrawn codes, which belong to nobody: that BitTitan shows one is news."""
    codes = [each.code for each in coupons]
    ids = [each.bittitan_id for each in coupons if each.bittitan_id]
    rows = db.session.execute(_COUPONS_OF, {"codes": codes, "ids": ids}).all()
    return {row.code: row for row in rows}, {row.bittitan_id: row for row in rows if row.bittitan_id}


def _assets(ids: Collection[int], references: Collection[str]) -> dict[int, Row]:
    rows = db.session.execute(_ASSETS_OF, {"ids": list(ids), "references": list(references)})
    return {row.id: row for row in rows}


def _with_code(asset_ids: Collection[int]) -> set[int]:
    """Told apart here: SQLite would read all that are recorded."""
    rows = select(Coupon.asset_id, Coupon.standing).where(Coupon.asset_id.in_(asset_ids))
    found = db.session.execute(rows) if asset_ids else ()
    return {asset_id for asset_id, standing in found if standing is CouponStanding.RECORDED}


def _first(run_id: int, references: Collection[str]) -> dict[str, int]:
    """A coupon on record with another reference counts, too: it is named by its own finding."""
    shown = (ShownCoupon.run_id == run_id, ShownCoupon.reference.in_(references))
    rows = select(ShownCoupon.reference, func.min(ShownCoupon.id)).where(*shown).group_by(ShownCoupon.reference)
    return {reference: first for reference, first in db.session.execute(rows)} if references else {}
