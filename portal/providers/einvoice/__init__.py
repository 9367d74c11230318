"""Invoices and credit notes as documents: EN 16931 XML and PDF/A-3. Knows no rows: what it prints is in `document`.

The packages behind it are heavy, so each is imported by the function that needs it, never when a process starts.
"""
