"""What the account owes."""
