from portal.bss.answers import page
from portal.bss.assets import bp
from portal.display.assets import asset_codes

asset_codes.add_to(bp, page)
