"""What an account owes, on its page."""
