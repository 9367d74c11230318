"""Reconciliation, as in tests/web/routes.py, with the accountant in a column of her own."""

TABLE = """
# method endpoint                        nobody dana dora vera  paula pavel penny  carl cora cleo  elena

GET  bss.reconciliation.finding         302  200  200  200  404  404  404  404  404  404  403
POST bss.reconciliation.decide          401  303  303  403  404  404  404  404  404  404  403
POST bss.reconciliation.search_asset    401  303  303  403  404  404  404  404  404  404  403
POST bss.reconciliation.apply           401  200  200  403  404  404  404  404  404  404  403
GET  bss.reconciliation.receipts        302  200  200  200  404  404  404  404  404  404  403
"""
