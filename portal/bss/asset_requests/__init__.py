"""Requests: what partners and customers asked about assets that failed, and what they were answered."""

from portal.bss.asset_requests.asset_requests import bp

__all__ = ["bp"]
