"""What can be ordered."""

from portal.bss.catalog.products import bp  # noqa: F401
