"""Lists: their columns, rows, addresses, pages and files."""
