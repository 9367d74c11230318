"""Invoices: from delivered order lines to numbered documents that never change.

    billable       which order lines may be invoiced
    drafts         made, changed and discarded before the issue
    readiness      what is missing before a draft can be issued, by name
    issuing        the number, the texts and the XML in one transaction; the PDF is a job
    credit_notes   what takes an invoice back, whole or by line
    documents      the stored files
    payments       recorded, assigned to invoices, refunded, reversed; bank lists
    statements     what an account owes, and for how long

After the issue nothing changes but what settles it (settlement).
"""
