"""Sessions, guards of routes, trusted hosts, request limits, and the security headers of each answer."""
