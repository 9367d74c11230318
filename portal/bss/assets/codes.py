from portal.bss.assets.asset_page import page
from portal.bss.assets.assets import bp
from portal.display.assets import asset_codes, handover_links
from portal.display.reminders import asset_reminders

asset_codes.add_to(bp, page)
handover_links.add_to(bp)
asset_reminders.add_to(bp)
