"""Billing > Invoices: drafts, issued invoices, credit notes."""

from portal.bss.invoicing import credit_acts, draft_acts, draft_lines, issue_several, printing  # noqa: F401
from portal.bss.invoicing.invoices import bp  # noqa: F401
