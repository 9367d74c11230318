"""How the acts on one asset answer in the back office."""

from portal.display.assets.asset_page import AssetPage
from portal.services.assets import asset_history

page = AssetPage(
    "bss/assets/show.html",
    code_panel="assets/_code.html",
    more=lambda asset: {"history": asset_history.of(asset)},
)
