"""Compares what BitTitan showed with what is on record, by the order of evidence: reference, coupon Id, code. What fits
only by product, quantity, billed account and day is a suggestion.
"""
