"""Compares BitTitan's coupons with those on record."""
