"""The lines of tests/web/routes.py about handing over and leaving."""

TABLE = """
# method endpoint                  nobody dana dora vera  paula pavel penny  carl cora cleo

GET  auth.handover.open               200  200  200  200    200   200   200   200  200  200
POST auth.handover.open               422  422  422  422    422   422   422   422  422  422
GET  bss.assets.handovers             302  200  200  403    404   404   404   404  404  404
POST bss.assets.handovers             401  200  200  403    404   404   404   404  404  404
POST bss.assets.revoke_handover       401  303  303  403    404   404   404   404  404  404
GET  storefront.assets.handovers      302  404  404  404    200   200   403   200  200  403
POST storefront.assets.handovers      401  404  404  404    200   200   403   200  200  403
POST storefront.assets.revoke_handover 401 404  404  404    303   303   403   303  303  403
GET  bss.leaving_packs.index          302  200  200  403    404   404   404   404  404  404
POST bss.leaving_packs.index          401  303  303  403    404   404   404   404  404  404
GET  bss.leaving_packs.show           302  200  200  403    404   404   404   404  404  404
POST bss.leaving_packs.download       401  200  200  403    404   404   404   404  404  404
POST bss.leaving_packs.delete         401  303  303  403    404   404   404   404  404  404
"""
