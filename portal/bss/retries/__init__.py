"""Bulk retries."""

from portal.bss.retries.retries import bp  # noqa: F401
