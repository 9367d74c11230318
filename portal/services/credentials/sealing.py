"""Authenticated encryption of one text (AES-256-GCM). The ciphertext is bound to the name of what it is for."""

import binascii
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.credential_keys import Keys

_NONCE = 12


class Unreadable(Exception):
    """Its key is missing, or it was changed. The message holds no secret."""


@dataclass(frozen=True)
class Sealed:
    key_version: int
    content: bytes
    """The nonce and the ciphertext."""

    def as_text(self) -> str:
        return f"{self.key_version}:{b64encode(self.content).decode()}"

    @classmethod
    def of_text(cls, text: str) -> Self:
        version, _, content = text.partition(":")
        try:
            return cls(int(version), b64decode(content, validate=True))
        except (ValueError, binascii.Error):
            raise Unreadable("It is not an encrypted text.") from None


def seal(text: str, name: str, keys: Keys) -> Sealed:
    """Encrypts with the first key."""
    version, key = next(iter(keys.items()))
    nonce = secrets.token_bytes(_NONCE)
    return Sealed(version, nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound_to(name, version)))


def unseal(sealed: Sealed, name: str, keys: Keys) -> str:
    """Raises Unreadable."""
    key = keys.get(sealed.key_version)
    if key is None:
        raise Unreadable(f"Key {sealed.key_version} is not in CREDENTIAL_KEYS.")
    nonce, content = sealed.content[:_NONCE], sealed.content[_NONCE:]
    try:
        return AESGCM(key).decrypt(nonce, content, _bound_to(name, sealed.key_version)).decode()
    except (InvalidTag, ValueError):
        raise Unreadable(f"Key {sealed.key_version} does not fit, or the stored text was changed.") from None


def _bound_to(name: str, version: int) -> bytes:
    return f"portal\0{name}\0{version}".encode()
