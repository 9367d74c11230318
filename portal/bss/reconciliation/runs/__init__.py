"""Runs: begin, watch and stop them, and see what they found."""

from portal.bss.reconciliation.runs import run_page, runs

__all__ = ["run_page", "runs"]
