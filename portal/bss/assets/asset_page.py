"""The page of one asset in the back office; all actions on an asset answer with it."""

from portal.display.assets.asset_page import AssetPage
from portal.services.assets import asset_history

page = AssetPage(
    "bss/assets/show.html",
    code_panel="assets/_code.html",
    more=lambda asset: {"history": asset_history.of(asset)},
)
