"""How the acts on one asset answer in the back office."""

from portal.services.assets import asset_history
from portal.web.asset_page import AssetPage

page = AssetPage(
    "bss/assets/show.html",
    code_panel="assets/_code.html",
    more=lambda asset: {"history": asset_history.of(asset)},
)
