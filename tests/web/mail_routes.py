"""The lines of tests/web/routes.py about mail, and about requests that are answered by mail."""

from tests.web import reminder_routes

TABLE = """
# method endpoint                  nobody dana dora vera  paula pavel penny  carl cora cleo elena

GET  bss.outbox.index                 302  200  200  200    404   404   404   404  404  404   403
POST bss.outbox.search                401  303  303  303    404   404   404   404  404  404   403
GET  bss.outbox.show                  302  200  200  200    404   404   404   404  404  404   403
GET  bss.outbox.preview               302  200  200  200    404   404   404   404  404  404   403
POST bss.outbox.send                  401  303  303  403    404   404   404   404  404  404   403
POST bss.outbox.arrive                401  303  303  403    404   404   404   404  404  404   403
POST bss.outbox.reveal                401  200  200  403    404   404   404   404  404  404   403

GET  bss.asset_requests.index         302  200  200  200    404   404   404   404  404  404   200
POST bss.asset_requests.search        401  303  303  303    404   404   404   404  404  404   303
GET  bss.asset_requests.show          302  200  200  200    404   404   404   404  404  404   200
POST bss.asset_requests.answer        401  303  303  403    404   404   404   404  404  404   403
POST bss.asset_requests.close         401  303  303  403    404   404   404   404  404  404   403

GET  bss.mail_texts.index             302  403  200  403    404   404   404   404  404  404   403
GET  bss.mail_texts.edit              302  403  200  403    404   404   404   404  404  404   403
POST bss.mail_texts.edit              401  403  303  403    404   404   404   404  404  404   403
POST bss.mail_texts.preview           401  403  200  403    404   404   404   404  404  404   403
POST bss.mail_texts.reset             401  403  303  403    404   404   404   404  404  404   403
GET  bss.mail_texts.version           302  403  200  403    404   404   404   404  404  404   403

GET  auth.forgotten.ask               200  200  200  200    200   200   200   200  200  200
POST auth.forgotten.ask               200  200  200  200    200   200   200   200  200  200
GET  auth.forgotten.asked             200  200  200  200    200   200   200   200  200  200
"""
TABLE += reminder_routes.TABLE
