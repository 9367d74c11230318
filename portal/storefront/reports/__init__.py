"""What the own account was sold and billed."""
