"""Tools > Reconciliation: what BitTitan has, compared with what is on record."""

from portal.bss.reconciliation import applying, findings, receipts, run_page, runs, uploads
from portal.bss.reconciliation.area import bp

__all__ = ["applying", "bp", "findings", "receipts", "run_page", "runs", "uploads"]
