"""What may belong together: a coupon that was bought elsewhere and an asset without a code, with the same product,
quantity and billed account, bought within a day.

It is only suggested if the coupon fits no other asset of the run and the asset no other coupon. It is looked at again
when it is applied.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, bindparam, func, select, update
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    Finding,
    FindingKind,
    Product,
    ProductType,
    ShownCoupon,
)
from portal.models.reconciliation import WAITING

OF_COUPON, OF_ASSET = aliased(Finding), aliased(Finding)


@dataclass(frozen=True)
class Sign:
    name: str
    fits: bool | None
    """None: BitTitan does not say."""
    here: object
    there: object


def write(run_id: int) -> None:
    """Inside a transaction that holds the run."""
    of_coupons, of_assets = _counted(run_id, OF_COUPON, OF_ASSET), _counted(run_id, OF_ASSET, OF_COUPON)
    only = {row.id for row in of_assets if row.number == 1}
    pairs = {row.id: row.other for row in of_coupons if row.number == 1 and row.other in only}
    pairs |= {asset: coupon for coupon, asset in pairs.items()}
    values = [{"row_id": row.id, "number": row.number, "other": pairs.get(row.id)} for row in (*of_coupons, *of_assets)]
    if values:
        table = Finding.__table__
        change = update(table).where(table.c.id == bindparam("row_id"))
        change = change.values(candidates=bindparam("number"), counterpart_id=bindparam("other"))
        db.session.connection().execute(change, values)


def is_only_one(coupon: Finding, asset_id: int) -> bool:
    """Whether by now the coupon fits this asset and no other, and the asset no other coupon."""
    pairs = _pairs(coupon.run_id)
    assets = db.session.scalars(pairs.with_only_columns(OF_ASSET.asset_id).where(OF_COUPON.id == coupon.id).limit(2))
    coupons = db.session.scalars(pairs.with_only_columns(OF_COUPON.id).where(OF_ASSET.asset_id == asset_id).limit(2))
    return (list(assets), list(coupons)) == ([asset_id], [coupon.id])


def candidates(coupon: Finding, most: int) -> list[int]:
    """The ids of assets that fit, longest in the portal first."""
    pairs = _pairs(coupon.run_id).with_only_columns(OF_ASSET.asset_id).where(OF_COUPON.id == coupon.id)
    return list(db.session.scalars(pairs.order_by(OF_ASSET.asset_id).limit(most)))


def candidates_of(run_id: int, coupon_ids: Collection[int], most: int) -> dict[int, list[int]]:
    """The same for some findings at once, by their ids. One statement."""
    place = func.row_number().over(partition_by=OF_COUPON.id, order_by=OF_ASSET.asset_id).label("place")
    columns = (OF_COUPON.id.label("coupon_id"), OF_ASSET.asset_id.label("asset_id"), place)
    pairs = _pairs(run_id).with_only_columns(*columns).where(OF_COUPON.id.in_(coupon_ids)).subquery()
    rows = select(pairs.c.coupon_id, pairs.c.asset_id).where(pairs.c.place <= most)
    found: dict[int, list[int]] = {}
    for coupon_id, asset_id in db.session.execute(rows.order_by(pairs.c.coupon_id, pairs.c.asset_id)):
        found.setdefault(coupon_id, []).append(asset_id)
    return found


def signs(shown: ShownCoupon, asset: Asset) -> list[Sign]:
    """What speaks for it and what against. The asset has its billed account, its product and its type loaded."""
    day = shown.issued_at and clock.day_of(shown.issued_at)
    is_near = None if day is None else shown.fits_from <= asset.purchased_on <= shown.fits_until
    sku_id, organization_id = asset.product.type.sku_id, asset.billed_account.organization_id
    return [
        _same("product", sku_id, shown.sku_id),
        _same("quantity", asset.quantity, shown.quantity),
        _same("account", organization_id, shown.organization_id),
        Sign("day", is_near, asset.purchased_on, day),
        Sign("reference", asset.reference == shown.reference, asset.reference, shown.reference),
    ]


def _same(name: str, here: object, there: object) -> Sign:
    return Sign(name, None if there is None else here == there, here, there)


def _counted(run_id: int, one: type[Finding], other: type[Finding]) -> Sequence[Row]:
    """How many of the others each of them fits, and one of those."""
    columns = (one.id, func.count().label("number"), func.min(other.id).label("other"))
    return db.session.execute(_pairs(run_id).with_only_columns(*columns).group_by(one.id)).all()


def _pairs(run_id: int) -> Select:
    return (
        select(OF_COUPON.id, OF_ASSET.id)
        .select_from(OF_COUPON)
        .join(ShownCoupon, ShownCoupon.id == OF_COUPON.shown_id)
        .join(ProductType, ProductType.sku_id == ShownCoupon.sku_id)
        .join(Product, Product.type_id == ProductType.id)
        .join(Asset, Asset.product_id == Product.id)
        .join(Account, Account.id == Asset.billed_account_id)
        .join(OF_ASSET, OF_ASSET.asset_id == Asset.id)
        .where(
            OF_COUPON.run_id == run_id,
            OF_COUPON.kind == FindingKind.FOREIGN,
            OF_COUPON.state.in_(WAITING),
            OF_ASSET.run_id == run_id,
            OF_ASSET.kind == FindingKind.NO_CODE,
            OF_ASSET.state.in_(WAITING),
            Asset.purchased_on.between(ShownCoupon.fits_from, ShownCoupon.fits_until),
            Asset.quantity == ShownCoupon.quantity,
            Account.organization_id == ShownCoupon.organization_id,
        )
    )
