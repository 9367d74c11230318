"""Billing > Invoices, for the distributor's staff."""

from portal.bss.invoicing.invoices import bp  # noqa: F401
