"""What /readyz and /metrics say."""
