"""Payments, bank lists, and what is owed."""

from portal.bss.payments import bank_lists, invoice_payments, payments, receivables

blueprints = (payments.bp, bank_lists.bp, invoice_payments.bp, receivables.bp)
