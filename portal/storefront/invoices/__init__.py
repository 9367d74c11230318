"""Invoices of the account that is billed."""

from portal.storefront.invoices.invoices import bp  # noqa: F401
