"""Reconciliation runs: begun by a person or a command, carried out by the worker step by step (run_job.py).

First all coupons are listed, then BitTitan is asked singly about what it did not list, then both sides are compared. A
run concludes nothing unless everything was answered.
"""
