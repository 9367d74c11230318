"""Secrets that a browser or a mail carries; the database keeps only what they hash to."""

import hashlib
import secrets


def make() -> tuple[str, str]:
    """A random token and what of it may be stored."""
    token = secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
