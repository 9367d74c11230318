"""What of a file is shown: never a whole code, whatever column it stands in."""

import re

from portal.models.coupon import mask
from portal.services.imports.reading.refusals import shown
from portal.services.provisioning.reserve import PREFIX

_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CODE = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9_-]{8,}|[0-9]{12,}")


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def may_hold_code(text: str) -> bool:
    """A person may have chosen the wrong column, or the file has no heading."""
    return not text.startswith(PREFIX) and any(map(_CODE.fullmatch, text.split()))


def without_code(text: str) -> str:
    if is_id(text):
        return f"{text[:8]}…"
    return masked(text) if may_hold_code(text) else shown(text)


def masked(text: str) -> str:
    return f"•••• {mask(text)}" if text else ""
