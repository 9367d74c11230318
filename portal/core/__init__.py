"""What every service needs, without knowledge of any domain."""
