"""Redacts requests and answers before they are stored: removes tickets, passwords and coupon codes everywhere."""

import json
import re
from collections.abc import Collection
from typing import Any

from portal.providers.bittitan import codes, shapes
from portal.providers.bittitan.wire import Answer, Lost, Request

_KEPT = frozenset(
    "Id ExternalReference Label ProductSkuId OrganizationId Status Created ExpireDate RedeemedDate EmailAddress "
    "ExpirationDate Reason Name LicenseKind Message Field RequestId".split()
)
"""Text is kept only in members with these names, and codes in it are removed."""
_OURS = ("ExternalReference", "Label", "EmailAddress")
"""Members whose values may look like codes but are none."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST = 4000
_MOST_LISTED = 20
"""Entries of a list that are redacted and kept; a page of 100 coupons is far longer than what is stored of it, and to
redact all of them took a fifth of the processor's time for a purchase and its confirmation."""
_LARGEST = 10**7
"""Numbers from this size on are removed, because a code may be a number."""


def request_text(request: Request) -> str:
    path = re.sub(r"^https?://[^/]+", "", request.url)
    query = "?" + "&".join(f"{name}={value}" for name, value in request.params.items()) if request.params else ""
    body = f"\n\n{_redacted(request.body)}" if request.body else ""
    return f"{request.method} {path}{query}{body}"


def response_text(request: Request, result: Answer | Lost) -> str:
    if isinstance(result, Lost):
        return ""
    kind = next((value for name, value in result.headers.items() if name.lower() == "content-type"), "no content type")
    shown = codes.hide(shapes.printable(kind[:80]), known_to(request))
    return f"{result.status} {shown}\n\n{_redacted(result.body, known_to(request))}"


def known_to(request: Request) -> set[str]:
    """Returns the secrets in the request: the codes that it asks about, and the password."""
    return _named(_read(request.body)) if request.body else set()


def _redacted(body: bytes, known: Collection[str] = ()) -> str:
    """Keeps only the number of bytes that are not JSON, as they may contain part of a coupon."""
    try:
        value = json.loads(body)
        text = json.dumps(_hide(value, {*known, *_named(value)}), ensure_ascii=False)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return f"({len(body)} bytes that are not JSON)"
    return shapes.printable(text)[:_LONGEST]


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None


def _named(value: Any, name: str = "", inside: str = "") -> set[str]:
    """Returns the values of members that hold a code or another secret by the contract."""
    if isinstance(value, dict):
        return set().union(*(_named(part, part_name, name) for part_name, part in value.items()))
    if isinstance(value, list):
        return set().union(*(_named(part, name, inside) for part in value))
    is_code = name.casefold() in ("code", "codes", "password", "ticket") and inside != "Error"
    return {str(value)} if is_code and isinstance(value, str | int) and value else set()


def _hide(value: Any, known: Collection[str], name: str = "", inside: str = "") -> Any:
    if isinstance(value, dict):
        return {codes.hide(part_name, known): _hide(part, known, part_name, name) for part_name, part in value.items()}
    if isinstance(value, list):
        listed = [_hide(part, known, name, inside) for part in value[:_MOST_LISTED]]
        return listed if len(value) <= _MOST_LISTED else [*listed, f"({len(value) - _MOST_LISTED} more)"]
    if isinstance(value, int | float):
        return "[removed]" if abs(value) >= _LARGEST or str(value) in known else value
    if not isinstance(value, str):
        return value
    if name not in _KEPT and (inside, name) != ("Error", "Code"):
        return "[removed]"
    if name in ("Message", "Reason"):
        known = {*known, *codes.known_codes_in(value)}
    is_id = name not in ("Message", "Reason") and _UUID.fullmatch(value)
    return codes.hide(value, known, looks=name not in _OURS and not is_id)
