"""The request that is sent to BitTitan for an asset. Stored with the attempt; each of its sends repeats it byte for
byte.
"""

import json

from sqlalchemy import Row, select

from portal.core import clock, errors
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, Asset, Product, ProductType
from portal.services import vendor_settings
from portal.services.coupons import unassigned_coupons


def build_payload(asset: Asset, staged: dict) -> str:
    """Returns the request as JSON. Raises Conflict if the asset cannot be ordered."""
    billed, sku_id = _payer_and_sku(asset)
    if billed.organization_id is None:
        raise errors.Conflict(
            _("%(name)s is not synchronized with BitTitan. Synchronize the account first.", name=billed.name),
            link=("account", str(billed.id)),
        )
    if sku_id is None:
        raise errors.Conflict(_("BitTitan does not offer this product any more. Cancel the asset and order again."))
    _check_no_coupon_is_left(asset)
    return request_for(asset, staged, sku_id, billed.organization_id)


def request_for(asset: Asset, staged: dict, sku_id: str, organization_id: str) -> str:
    """For an asset that has just been created, nothing can be left at BitTitan that `build_payload` would have to
    check."""
    return json.dumps(
        {
            "ProductSkuId": sku_id,
            "Quantity": asset.quantity,
            "ExpireDays": staged.get("expire_days", asset.expire_days),
            "ValidityDays": staged.get("validity_days", asset.validity_days),
            "OrganizationId": organization_id,
            "ExternalReference": asset.reference,
            "Label": asset.reference,
        }
    )


def _payer_and_sku(asset: Asset) -> tuple[Row, str | None]:
    """Reads the current values, whatever was loaded before."""
    row = db.session.execute(
        select(Account.id, Account.name, Account.organization_id, ProductType.sku_id)
        .join_from(Account, Product, Product.id == asset.product_id)
        .join(ProductType, ProductType.id == Product.type_id)
        .where(Account.id == asset.billed_account_id)
    ).one()
    return row, row.sku_id


def _check_no_coupon_is_left(asset: Asset) -> None:
    """Coupons that BitTitan has issued under the asset's reference must be dealt with before another is ordered. Raises
    Conflict."""
    if vendor_settings.current().server == "idempotent" and unassigned_coupons.was_issued_for(asset):
        raise errors.Conflict(
            _("BitTitan issued a coupon for this asset already and issues no other. Cancel the asset and order again.")
        )
    coupon = unassigned_coupons.first_redeemable(asset, clock.now())
    if coupon is not None:
        raise errors.Conflict(
            _(
                "BitTitan issued a coupon for this asset that is in the surplus register. Revoke it there or attach "
                "it here if it fits, then synchronize again. Nothing was bought."
            ),
            link=("surplus", str(coupon.id)),
        )
