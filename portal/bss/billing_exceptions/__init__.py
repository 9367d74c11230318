"""Billing > Billing exceptions."""

from portal.bss.billing_exceptions.billing_exceptions import bp  # noqa: F401
