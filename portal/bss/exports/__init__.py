"""Billing > Exports: what leaves the portal for the books."""

from portal.bss.exports.accounting_exports import bp  # noqa: F401
