"""A restored or copied database is noticed before it buys twice."""
