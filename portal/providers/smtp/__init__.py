"""The mail server. Only this package speaks SMTP."""
