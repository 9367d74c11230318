"""Keys for stored credentials in tests."""

from base64 import b64encode

KEYS = {version: b64encode(bytes([version]) + b"k" * 31).decode() for version in (1, 2, 3)}


def setting(*versions: int) -> str:
    return ",".join(f"{version}:{KEYS[version]}" for version in versions)
