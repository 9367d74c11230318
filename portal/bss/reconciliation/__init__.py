"""Comparison of BitTitan's coupons with the portal's records."""

from portal.bss.reconciliation import applying, comparison, findings, receipts  # noqa: F401
from portal.bss.reconciliation.area import bp  # noqa: F401
