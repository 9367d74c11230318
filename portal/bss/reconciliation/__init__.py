"""Tools > Reconciliation: what BitTitan has, compared with what is on record."""

from portal.bss.reconciliation import not_yet, run_page, runs, uploads
from portal.bss.reconciliation.area import bp

__all__ = ["bp", "not_yet", "run_page", "runs", "uploads"]
