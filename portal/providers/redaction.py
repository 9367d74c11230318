"""What may be kept of a request and its answer: no ticket, no password, no coupon code, however it is named."""

import json
import re
from typing import Any

from portal.providers import shapes
from portal.providers.wire import Answer, Lost, Request

_KEPT = frozenset(
    "Id ExternalReference Label ProductSkuId OrganizationId Status Created ExpireDate RedeemedDate EmailAddress "
    "ExpirationDate Reason Name LicenseKind Message Field RequestId".split()
)
"""Of words, only those under these names."""
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
    return f"{result.status} {shapes.printable(kind[:80])}\n\n{_redacted(result.body)}"


def _redacted(body: bytes) -> str:
    """Bytes that are not JSON may be half a coupon: only their number is kept."""
    try:
        text = json.dumps(_hide(json.loads(body)), ensure_ascii=False)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return f"({len(body)} bytes that are not JSON)"
    return shapes.printable(text)[:_LONGEST]


def _hide(value: Any, name: str = "", inside: str = "") -> Any:
    if isinstance(value, dict):
        return {part_name: _hide(part, part_name, name) for part_name, part in value.items()}
    if isinstance(value, list):
        return [_hide(part, name, inside) for part in value]
    is_word = isinstance(value, str) and name not in _KEPT and (inside, name) != ("Error", "Code")
    return "[removed]" if is_word else value
