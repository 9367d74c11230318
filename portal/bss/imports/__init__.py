"""Imports of accounts and assets from CSV files."""

from portal.bss.imports.imports import bp  # noqa: F401
