"""What is asked of BitTitan for an asset. Stored with the attempt, and repeated byte for byte by each of its sends."""

import json

from flask_babel import gettext as _

from portal.extensions import db
from portal.models import Account, Asset, Product
from portal.services import errors


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
