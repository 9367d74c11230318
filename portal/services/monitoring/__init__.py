"""The content of /readyz and /metrics."""
