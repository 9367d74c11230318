from portal.bss.answers import page
from portal.bss.assets import bp
from portal.web import asset_codes

asset_codes.add_to(bp, page)
