"""Payments and refunds, and what they settle.

Whoever changes several rows locks accounts first, then payments, then invoices and credit notes, each by id.
"""
