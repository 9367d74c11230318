"""What is asked of BitTitan for an asset. Stored with the attempt, and repeated byte for byte by each of its sends."""

import json

from flask_babel import gettext as _
from sqlalchemy import Row, select

from portal.core import clock, errors
from portal.extensions import db, settings
from portal.models import Account, Asset, Product, ProductType
from portal.services.coupons import unassigned_coupons


def write(asset: Asset, staged: dict) -> str:
    """Raises Conflict where it cannot be ordered."""
    billed, sku_id = _payer_and_sku(asset)
    if billed.organization_id is None:
        raise errors.Conflict(
            _("%(name)s is not synchronized with BitTitan. Synchronize the account first.", name=billed.name),
            link=("account", str(billed.id)),
        )
    if sku_id is None:
        raise errors.Conflict(_("BitTitan does not offer this product any more. Cancel the asset and order again."))
    _check_nothing_is_left(asset)
    return json.dumps(
        {
            "ProductSkuId": sku_id,
            "Quantity": asset.quantity,
            "ExpireDays": staged.get("expire_days", asset.expire_days),
            "ValidityDays": staged.get("validity_days", asset.validity_days),
            "OrganizationId": billed.organization_id,
            "ExternalReference": asset.reference,
            "Label": asset.reference,
        }
    )


def _payer_and_sku(asset: Asset) -> tuple[Row, str | None]:
    """As they are now, whatever was loaded before."""
    found = db.session.execute(
        select(Account.id, Account.name, Account.organization_id, ProductType.sku_id)
        .join_from(Account, Product, Product.id == asset.product_id)
        .join(ProductType, ProductType.id == Product.type_id)
        .where(Account.id == asset.billed_account_id)
    ).one()
    return found, found.sku_id


def _check_nothing_is_left(asset: Asset) -> None:
    """What BitTitan issued under the asset's reference has its end before anything more is asked for under it."""
    if settings().bittitan.server == "idempotent" and unassigned_coupons.was_issued_for(asset):
        raise errors.Conflict(
            _("BitTitan issued a coupon for this asset already and issues no other. Cancel the asset and order again.")
        )
    left = unassigned_coupons.first_redeemable(asset, clock.now())
    if left is not None:
        raise errors.Conflict(
            _(
                "BitTitan issued a coupon for this asset that stands in the surplus register. Revoke it there or "
                "attach it here if it fits, then synchronize again. Nothing was bought."
            ),
            link=("surplus", str(left.id)),
        )
