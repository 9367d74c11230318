"""Storefront > Shop and basket: what partners and customers buy, and for whom."""
