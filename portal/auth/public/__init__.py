"""Pages that open without a sign-in, by a secret in their address."""
