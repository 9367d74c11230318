"""The page of one asset in the back office; all actions on an asset answer with it."""

from portal.display.assets.asset_page import AssetPage
from portal.models import Asset, CreditCause
from portal.services.assets import asset_history


def _more(asset: Asset) -> dict[str, object]:
    """The credit notes are those by which a failed asset was credited as not delivered."""
    history = asset_history.of(asset)
    credits = [each for each in history.invoices if each.cause is CreditCause.NOT_DELIVERED] if asset.may_sync else []
    return {"history": history, "credits": credits}


page = AssetPage(
    "bss/assets/show.html",
    code_panel="assets/_code.html",
    more=_more,
)
