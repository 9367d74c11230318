"""The lines of tests/web/routes.py about the calendar."""

TABLE = """
# method endpoint                  nobody dana dora vera  paula pavel penny  carl cora cleo

GET  auth.calendar.show               302  200  200  200    200   200   200   200  200  200
POST auth.calendar.make               401  200  200  200    200   200   200   200  200  200
POST auth.calendar.revoke             401  303  303  303    303   303   303   303  303  303
GET  auth.calendar.fetch              404  404  404  404    404   404   404   404  404  404
GET  bss.calendar.index               302  200  200  200    404   404   404   404  404  404
GET  storefront.calendar.index        302  404  404  404    200   200   200   200  200  200
"""
