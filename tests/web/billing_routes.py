"""Invoices, payments, runs, reports and codes, as in routes.py, with the accountant in a column of her own."""

TABLE = """
# method endpoint                        nobody dana dora vera  paula pavel penny  carl cora cleo  elena

POST bss.assets.check_status            401  303  303  403  404  404  404  404  404  404  403
GET  bss.assets.status_check            302  404  404  403  404  404  404  404  404  404  403
GET  bss.assets.confirm_state           302  200  200  403  404  404  404  404  404  404  403
POST bss.assets.confirm_state           401  422  422  403  404  404  404  404  404  404  403
GET  bss.billing_exceptions.index       302  200  200  403  404  404  404  404  404  404  200
GET  bss.billing_exceptions.never       302  200  200  403  404  404  404  404  404  404  200
POST bss.billing_exceptions.reason      401  303  303  403  404  404  404  404  404  404  303
POST bss.billing_exceptions.draft       401  303  303  403  404  404  404  404  404  404  303
GET  bss.invoice_runs.index             302  200  200  403  404  404  404  404  404  404  200
POST bss.invoice_runs.new               401  303  303  403  404  404  404  404  404  404  303
POST bss.invoice_runs.plan              401  303  303  403  404  404  404  404  404  404  303
GET  bss.invoice_runs.show              302  200  200  403  404  404  404  404  404  404  200
POST bss.invoice_runs.start             401  303  303  403  404  404  404  404  404  404  303
POST bss.invoice_runs.stop              401  303  303  403  404  404  404  404  404  404  303
POST bss.invoice_runs.choose            401  303  303  403  404  404  404  404  404  404  303
POST bss.invoice_runs.again             401  303  303  403  404  404  404  404  404  404  303
GET  bss.invoices.index                 302  200  200  200  404  404  404  404  404  404  200
GET  bss.invoices.show                  302  200  200  200  404  404  404  404  404  404  200
POST bss.invoices.issue                 401  409  409  403  404  404  404  404  404  404  409
POST bss.invoices.give_rate             401  303  303  403  404  404  404  404  404  404  303
GET  bss.invoices.discard               302  200  200  403  404  404  404  404  404  404  200
POST bss.invoices.discard               401  303  303  403  404  404  404  404  404  404  303
GET  bss.invoices.preview               302  409  409  409  404  404  404  404  404  404  409
POST bss.invoices.print_without         401  303  303  403  404  404  404  404  404  404  303
GET  bss.invoices.set_price             302  200  200  403  404  404  404  404  404  404  200
POST bss.invoices.set_price             401  303  303  403  404  404  404  404  404  404  303
GET  bss.invoices.leave_out             302  200  200  403  404  404  404  404  404  404  200
POST bss.invoices.leave_out             401  303  303  403  404  404  404  404  404  404  303
POST bss.invoices.bill_undelivered      401  303  303  403  404  404  404  404  404  404  303
GET  bss.invoices.several               302  200  200  403  404  404  404  404  404  404  200
POST bss.invoices.several               401  200  200  403  404  404  404  404  404  404  200
GET  bss.invoices.credit                302  200  200  403  404  404  404  404  404  404  200
POST bss.invoices.credit                 401  409  409  403  404  404  404  404  404  404  409
POST bss.invoices.search                401  303  303  303  404  404  404  404  404  404  303
GET  bss.invoices.download              302  200  200  200  404  404  404  404  404  404  200
GET  bss.payments.index                 302  200  200  200  404  404  404  404  404  404  200
POST bss.payments.search                401  303  303  303  404  404  404  404  404  404  303
GET  bss.payments.new                   302  200  200  403  404  404  404  404  404  404  200
POST bss.payments.new                   401  303  303  403  404  404  404  404  404  404  303
GET  bss.payments.show                  302  200  200  200  404  404  404  404  404  404  200
POST bss.payments.assign                401  303  303  403  404  404  404  404  404  404  303
POST bss.payments.refund                401  303  303  403  404  404  404  404  404  404  303
POST bss.payments.reverse               401  303  303  403  404  404  404  404  404  404  303
POST bss.payments.take_back             401  422  422  403  404  404  404  404  404  404  422
GET  bss.bank_lists.index               302  200  200  403  404  404  404  404  404  404  200
POST bss.bank_lists.index               401  200  200  403  404  404  404  404  404  404  200
GET  bss.invoice_payments.record        302  200  200  403  404  404  404  404  404  404  200
POST bss.invoice_payments.record        401  303  303  403  404  404  404  404  404  404  303
POST bss.invoice_payments.assign        401  303  303  403  404  404  404  404  404  404  303
POST bss.invoice_payments.refund        401  303  303  403  404  404  404  404  404  404  303
GET  bss.receivables.index              302  200  200  200  404  404  404  404  404  404  200
POST bss.receivables.search             401  303  303  303  404  404  404  404  404  404  303
GET  bss.exports.index                  302  200  200  200  404  404  404  404  404  404  200
GET  bss.reports.index                  302  200  200  200  404  404  404  404  404  404  200
POST bss.reports.recount                401  303  303  403  404  404  404  404  404  404  303
GET  accounts.statement                 302  404  404  404  404  404  404  404  404  404  404
GET  storefront.invoices.index          302  404  404  404  200  200  200  404  404  404  404
POST storefront.invoices.search         401  404  404  404  303  303  303  404  404  404  404
GET  storefront.invoices.show           302  404  404  404  200  200  200  404  404  404  404
GET  storefront.invoices.download       302  404  404  404  200  200  200  404  404  404  404
GET  storefront.reports.index           302  404  404  404  200  200  200  200  200  200  404
GET  storefront.statements.show         302  404  404  404  200  200  200  404  404  404  404
"""
