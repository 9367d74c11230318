"""The page of one asset in the Storefront; all actions on an asset answer with it."""

from flask_login import current_user

from portal.core import access
from portal.display.assets import request_words
from portal.display.assets.asset_page import AssetPage
from portal.models import Asset, RequestEnd
from portal.services.asset_requests import request_list
from portal.storefront.licences.asset_forms import AskForm


def _more(asset: Asset) -> dict[str, object]:
    """The requests are those of the viewer's own account, the newest first."""
    requests = request_list.of_asset(current_user, asset)
    return {
        "sees_price": access.sees_price(current_user, asset),
        "sees_order": asset.order is not None and access.sees_order(current_user, asset.order),
        "requests": requests,
        "is_in_vain": bool(requests) and requests[0].closed_because is RequestEnd.ORDER_AGAIN,
        "endings": request_words.ENDINGS,
        "blank": AskForm(formdata=None),
    }


page = AssetPage(
    "storefront/licences/show.html",
    code_panel="storefront/licences/_code.html",
    more=_more,
)
