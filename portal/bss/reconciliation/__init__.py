"""Comparison of BitTitan's coupons with the portal's records."""

from portal.bss.reconciliation.comparison import bp  # noqa: F401
