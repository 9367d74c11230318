"""Taxes: the tax codes that accounts have, and what a VAT id looks like."""
