"""Files of accounts and assets, taken in."""

from portal.bss.imports.imports import bp  # noqa: F401
