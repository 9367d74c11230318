"""Bulk operations: cancel, annotate or rename many assets."""

from portal.bss.bulk.bulk import bp  # noqa: F401
