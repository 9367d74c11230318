"""What every service needs and what knows no domain."""
