"""Secrets in cookies and links; the database keeps only their hashes."""

import hashlib
import secrets


def make() -> tuple[str, str]:
    """A random token, and its hash, which may be stored."""
    token = secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
