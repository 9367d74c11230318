"""One difference, both sides of several, what was decided and what came of it."""

from portal.bss.reconciliation.findings import applying, findings, receipts

__all__ = ["applying", "findings", "receipts"]
