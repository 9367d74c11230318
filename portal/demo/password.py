"""The password of all demo users: made once and kept in the data folder."""

import os
import secrets
from pathlib import Path

from portal.extensions import settings

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def password() -> str:
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write("-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)))
    except FileExistsError:
        pass
    return path.read_text().strip()


def known_password() -> str | None:
    """Returns the password, or None if it is not in this data folder."""
    return _path().read_text().strip() if _path().is_file() else None


def _path() -> Path:
    return settings().data_dir / "demo-password"
