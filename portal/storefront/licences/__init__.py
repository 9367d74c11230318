"""Storefront > Billing: licences of partners and customers."""
