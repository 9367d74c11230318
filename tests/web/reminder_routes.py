"""The lines of tests/web/routes.py about reminders."""

TABLE = """
# method endpoint                  nobody dana dora vera  paula pavel penny  carl cora cleo

GET  bss.assets.reminders             302  200  200  200    404   404   404   404  404  404
POST bss.assets.switch_reminders      401  303  303  403    404   404   404   404  404  404
POST bss.assets.add_reminded          401  403  303  403    404   404   404   404  404  404
POST bss.assets.remove_reminded       401  403  303  403    404   404   404   404  404  404
GET  storefront.assets.reminders      302  404  404  404    200   200   200   200  200  200
POST storefront.assets.switch_reminders 401 404 404  404    303   403   403   403  403  403
POST storefront.assets.add_reminded   401  404  404  404    303   403   403   403  403  403
POST storefront.assets.remove_reminded 401 404  404  404    303   403   403   403  403  403
GET  accounts.reminders               302  200  200  200    200   200   200   200  200  200
POST accounts.save_reminders          401  303  303  403    303   403   403   403  303  403
POST accounts.add_reminded            401  403  303  403    303   403   403   403  403  403
POST accounts.remove_reminded         401  403  303  403    303   403   403   403  403  403

GET  auth.stop.show                   404  404  404  404    404   404   404   404  404  404
POST auth.stop.stop                   404  404  404  404    404   404   404   404  404  404
GET  bss.mail_choices.show            302  200  200  200    404   404   404   404  404  404   200
POST bss.mail_choices.save            401  303  303  303    404   404   404   404  404  404   303
POST bss.mail_choices.save_contact    401  403  303  403    404   404   404   404  404  404   403
GET  bss.mail_stops.index             302  200  200  200    404   404   404   404  404  404   403
POST bss.mail_stops.undo              401  303  303  403    404   404   404   404  404  404   403
"""
