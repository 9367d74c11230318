"""Taxes: the tax codes that accounts have, what a VAT id looks like, and what else invoices need of an account."""
