"""Billing > Invoice runs."""

from portal.bss.invoice_runs.invoice_runs import bp  # noqa: F401
