"""What BitTitan holds, compared with what is on record."""
