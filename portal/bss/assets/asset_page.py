"""The page of one asset in the back office; all actions on an asset answer with it."""

from flask_login import current_user

from portal.display.assets.asset_page import AssetPage
from portal.models import Asset, CreditCause
from portal.services.asset_requests import request_list
from portal.services.assets import asset_history


def _more(asset: Asset) -> dict[str, object]:
    """The credit notes are those by which a failed asset was credited as not delivered; the requests wait."""
    history = asset_history.of(asset)
    credits = [each for each in history.invoices if each.cause is CreditCause.NOT_DELIVERED] if asset.may_sync else []
    asked = request_list.of_asset(current_user, asset) if asset.asked_at is not None else []
    return {"history": history, "credits": credits, "requests": [each for each in asked if each.is_open]}


page = AssetPage(
    "bss/assets/show.html",
    code_panel="assets/_code.html",
    more=_more,
)
