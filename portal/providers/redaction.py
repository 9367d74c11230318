"""What may be kept of a request and its answer: no ticket, no password, no coupon code."""

import json
import re
from typing import Any

from portal.providers.wire import Answer, Lost, Request

_SECRET = {"Code", "Codes", "Ticket", "Password"}
_LONGEST = 4000


def request_text(request: Request) -> str:
    path = re.sub(r"^https?://[^/]+", "", request.url)
    query = "?" + "&".join(f"{name}={value}" for name, value in request.params.items()) if request.params else ""
    body = f"\n\n{_redacted(request.body)}" if request.body else ""
    return f"{request.method} {path}{query}{body}"


def response_text(result: Answer | Lost) -> str:
    if isinstance(result, Lost):
        return ""
    kind = next((value for name, value in result.headers.items() if name.lower() == "content-type"), "no content type")
    return f"{result.status} {kind[:80]}\n\n{_redacted(result.body)}"


def _redacted(body: bytes) -> str:
    """Bytes that are not JSON may be half a coupon: only their number is kept."""
    try:
        value = _hide(json.loads(body))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return f"({len(body)} bytes that are not JSON)"
    return "".join(mark if mark.isprintable() else " " for mark in json.dumps(value, ensure_ascii=False))[:_LONGEST]


def _hide(value: Any, inside: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _hide_field(name, part, inside) for name, part in value.items()}
    return [_hide(part, inside) for part in value] if isinstance(value, list) else value


def _hide_field(name: str, value: Any, inside: str) -> Any:
    if name in _SECRET and inside != "Error":
        return "[removed]"
    return _hide(value, name)
