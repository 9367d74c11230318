"""What BitTitan holds, compared with what is on record."""

from portal.bss.reconciliation.comparison import bp  # noqa: F401
