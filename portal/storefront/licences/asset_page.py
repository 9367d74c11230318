"""The page of one asset in the Storefront; all actions on an asset answer with it."""

from flask_login import current_user

from portal.core import access
from portal.display.assets.asset_page import AssetPage

page = AssetPage(
    "storefront/licences/show.html",
    code_panel="storefront/licences/_code.html",
    more=lambda asset: {
        "sees_price": access.sees_price(current_user, asset),
        "sees_order": asset.order is not None and access.sees_order(current_user, asset.order),
    },
)
