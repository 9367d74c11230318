"""Tools > Reconciliation: what BitTitan has, compared with what is on record."""

from portal.bss.reconciliation import findings, runs, uploads
from portal.bss.reconciliation.area import bp

__all__ = ["bp", "findings", "runs", "uploads"]
