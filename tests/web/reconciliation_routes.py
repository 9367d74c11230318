"""Who may do what in the reconciliation: more lines of the table in routes.py."""

TABLE = """
# method endpoint                           nobody dana  dora     vera  paula pavel penny carl cora cleo elena

GET  bss.reconciliation.index               302  200      200      200  404 404 404 404 404 404 403
GET  bss.reconciliation.show                302  200      200      200  404 404 404 404 404 404 403
GET  bss.reconciliation.export              302  200      200      200  404 404 404 404 404 404 403
POST bss.reconciliation.start               401  303/409  303/409  403  404 404 404 404 404 404 403
POST bss.reconciliation.search              401  303      303      303  404 404 404 404 404 404 403
POST bss.reconciliation.stop                401  303      303      403  404 404 404 404 404 404 403
POST bss.reconciliation.go_on               401  303      303      403  404 404 404 404 404 404 403
GET  bss.reconciliation.upload              302  200      200      403  404 404 404 404 404 404 403
POST bss.reconciliation.upload              401  422      422      403  404 404 404 404 404 404 403
GET  bss.reconciliation.uploaded            302  200      200      403  404 404 404 404 404 404 403
POST bss.reconciliation.read_upload         401  303      303      403  404 404 404 404 404 404 403
POST bss.reconciliation.compare_upload      401  303/409  303/409  403  404 404 404 404 404 404 403
POST bss.reconciliation.discard_upload      401  303      303      403  404 404 404 404 404 404 403
GET  bss.reconciliation.finding         302  200  200  200  404  404  404  404  404  404  403
POST bss.reconciliation.decide          401  303  303  403  404  404  404  404  404  404  403
POST bss.reconciliation.search_asset    401  303  303  403  404  404  404  404  404  404  403
POST bss.reconciliation.apply           401  200  200  403  404  404  404  404  404  404  403
GET  bss.reconciliation.receipts        302  200  200  200  404  404  404  404  404  404  403
"""
