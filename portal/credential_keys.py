"""The keys that encrypt stored credentials, as a setting: `2:base64,1:base64`. The first encrypts, all decrypt."""

import binascii
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from portal.environment import refuse

BYTES = 32
_NAME = "CREDENTIAL_KEYS"
_HIGHEST = 1_000_000
_KEY = re.compile(r"([1-9][0-9]{0,6}):([A-Za-z0-9+/_-]+={0,2})")

Keys = dict[int, bytes]
"""By version, in the order of the setting."""


def parse_keys(text: str | None) -> Keys:
    """Raises ConfigError; its message holds no part of a key."""
    keys: Keys = {}
    for part in (text or "").split(",") if text else ():
        match = _KEY.fullmatch(part.strip())
        if match is None or int(match[1]) > _HIGHEST:
            refuse(f"{_NAME} must be numbered keys separated by commas, such as 2:…,1:… (“flask keys generate”).")
        version, key = int(match[1]), _decoded(match[2])
        if key is None:
            refuse(f"{_NAME}: key {version} must be {BYTES} random bytes in base64 (“flask keys generate”).")
        if version in keys or key in keys.values():
            refuse(f"{_NAME}: key {version} occurs twice.")
        keys[version] = key
    return keys


def generate(version: int) -> str:
    """A new random key, as it is written in the setting."""
    return f"{version}:{urlsafe_b64encode(secrets.token_bytes(BYTES)).decode()}"


def written(keys: Keys) -> list[str]:
    """The keys as they may occur in a text, for the masks of logs."""
    return [form for key in keys.values() for form in _forms(key)]


def _forms(key: bytes) -> tuple[str, str]:
    text = urlsafe_b64encode(key).decode().rstrip("=")
    return text, text.replace("-", "+").replace("_", "/")


def _decoded(text: str) -> bytes | None:
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        key = urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == BYTES and len(set(key)) > 1 else None
