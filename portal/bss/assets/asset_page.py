"""The page of one asset in the back office; all actions on an asset answer with it."""

from portal.display.assets.asset_page import AssetPage
from portal.models import Asset, Invoice
from portal.services.assets import asset_history
from portal.services.invoicing import credit_notes


def _credits(asset: Asset) -> list[Invoice]:
    """By which a failed asset was credited as not delivered. One statement, for failed ones alone."""
    return credit_notes.of_undelivered(asset.id) if asset.may_sync else []


page = AssetPage(
    "bss/assets/show.html",
    code_panel="assets/_code.html",
    more=lambda asset: {"history": asset_history.of(asset), "credits": _credits(asset)},
)
