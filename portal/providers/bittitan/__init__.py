"""BitTitan over HTTP, as its contract says."""
