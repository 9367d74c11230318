"""Storefront > Orders: how far each order is, and for partners what waits for their approval."""
