"""The catalogue of products."""

from portal.bss.catalog.products import bp  # noqa: F401
