"""What is asked of BitTitan for an asset. Stored with the attempt, and repeated byte for byte by each of its sends."""

import json

from flask_babel import gettext as _

from portal.extensions import db, settings
from portal.models import Account, Asset, Product
from portal.services import clock, errors, leftovers


def write(asset: Asset, staged: dict) -> str:
    """Raises Conflict where it cannot be ordered."""
    billed = db.session.get(Account, asset.billed_account_id, populate_existing=True)
    product = db.session.get(Product, asset.product_id, populate_existing=True)
    if billed.organization_id is None:
        raise errors.Conflict(
            _("%(name)s is not synchronized with BitTitan. Synchronize the account first.", name=billed.name),
            link=("account", str(billed.id)),
        )
    if product.type.sku_id is None:
        raise errors.Conflict(_("BitTitan does not offer this product any more. Cancel the asset and order again."))
    _check_nothing_is_left(asset)
    return json.dumps(
        {
            "ProductSkuId": product.type.sku_id,
            "Quantity": asset.quantity,
            "ExpireDays": staged.get("expire_days", asset.expire_days),
            "ValidityDays": staged.get("validity_days", asset.validity_days),
            "OrganizationId": billed.organization_id,
            "ExternalReference": asset.reference,
            "Label": asset.reference,
        }
    )


def _check_nothing_is_left(asset: Asset) -> None:
    """What BitTitan issued under the asset's reference has its end before anything more is asked for under it."""
    if settings().bittitan.server == "idempotent" and leftovers.was_issued_for(asset):
        raise errors.Conflict(
            _("BitTitan issued a coupon for this asset already and issues no other. Cancel the asset and order again.")
        )
    left = leftovers.worth_something(asset, clock.now())
    if left is not None:
        raise errors.Conflict(
            _(
                "BitTitan issued a coupon for this asset that stands in the surplus register. Revoke it there or "
                "attach it elsewhere, then synchronize again. Nothing was bought."
            ),
            link=("surplus", str(left.id)),
        )
