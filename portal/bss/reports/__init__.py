"""Billing > Reports."""

from portal.bss.reports.reports import bp  # noqa: F401
