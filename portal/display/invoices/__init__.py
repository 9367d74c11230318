"""Invoices on screens: their states, lists and pages, for both areas."""
