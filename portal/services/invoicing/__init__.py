"""Invoices, credit notes, and what is paid of them."""
