"""The BitTitan provider: BitTitan's HTTP API by its contract."""
