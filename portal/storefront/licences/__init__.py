"""Storefront > Billing: the licences of partners and customers."""
