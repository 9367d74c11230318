"""Detects a restored or copied database before it buys something twice."""
