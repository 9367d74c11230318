"""From the contract's JSON to the portal's words, strictly: what is not exactly as agreed is not understood."""

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from portal.providers import codes
from portal.providers.base import IssuedCoupon, Sku
from portal.providers.wire import Answer

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
LONGEST_MESSAGE = 500
UNNAMED = "Unnamed"
"""For a cause that looks like a coupon's code."""
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9980, 1, 1, tzinfo=UTC)
"""“For ever” is an instant too, but days must be countable from it, in any time zone."""


class Misshapen(Exception):
    """The answer is not what the contract says."""


def read_object(answer: Answer) -> dict[str, Any]:
    if "content-encoding" in {name.lower() for name in answer.headers}:
        raise Misshapen("compressed")
    try:
        value = json.loads(answer.body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as failure:
        raise Misshapen("not JSON") from failure
    if not isinstance(value, dict):
        raise Misshapen("not an object")
    return value


def read_error(answer: Answer, known: Collection[str] = ()) -> tuple[str, str] | None:
    """Code and message of the contract's error document, without any coupon's code; None if it is none."""
    try:
        error = read_object(answer).get("Error")
    except Misshapen:
        return None
    if not isinstance(error, dict):
        return None
    code, message = error.get("Code"), error.get("Message")
    if not (isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", code) and isinstance(message, str)):
        return None
    cause = code if codes.hide(code, known) == code else UNNAMED
    return cause, readable(codes.hide(message, {*known, *codes.of_ours(message)}))


def read_coupon(value: Any) -> IssuedCoupon:
    if not isinstance(value, dict):
        raise Misshapen("no coupon")
    code = _text(value, "Code", 128)
    if not code.isprintable() or any(mark.isspace() for mark in code):
        raise Misshapen("a code that is none")
    _word(value, "Label")
    redeemed = value.get("RedeemedDate")
    return IssuedCoupon(
        id=read_uuid(value, "Id"),
        code=code,
        reference=_word(value, "ExternalReference"),
        sku_id=read_uuid(value, "ProductSkuId"),
        organization_id=read_uuid(value, "OrganizationId"),
        quantity=_number(value, "Quantity"),
        status=codes.hide(_word(value, "Status"), {code}).strip()[:40],
        created=read_instant(value.get("Created")),
        expires=read_instant(value.get("ExpireDate")),
        validity_days=_number(value, "ValidityDays"),
        redeemed=None if redeemed is None else read_instant(redeemed),
    )


def read_sku(value: Any) -> Sku:
    if not isinstance(value, dict):
        raise Misshapen("no SKU")
    name, kind = _text(value, "Name", 120), _text(value, "LicenseKind", 60)
    return Sku(read_uuid(value, "Id"), readable(name), readable(kind), _number(value, "MaxQuantity"))


def read_list(value: dict[str, Any], name: str = "Entities") -> list[Any]:
    entities = value.get(name)
    if not isinstance(entities, list):
        raise Misshapen(f"no {name}")
    return entities


def read_count(value: dict[str, Any], name: str) -> int:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise Misshapen(name)
    return number


def readable(text: str) -> str:
    """Of what others write, only what a person can read and a database can keep."""
    return printable(text)[:LONGEST_MESSAGE].strip()


def _text(value: dict[str, Any], name: str, most: int) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= most:
        raise Misshapen(name)
    return text


def _word(value: dict[str, Any], name: str) -> str:
    """May be empty: a coupon that was made by hand in BitTitan's portal has no reference."""
    text = value.get(name)
    if not isinstance(text, str) or len(text) > 1000:
        raise Misshapen(name)
    return printable(text)


def printable(text: str) -> str:
    return text if text.isprintable() else "".join(mark if mark.isprintable() else " " for mark in text)


def _number(value: dict[str, Any], name: str) -> int:
    number = read_count(value, name)
    if not 1 <= number < 2**31:
        raise Misshapen(name)
    return number


def read_uuid(value: dict[str, Any], name: str) -> str:
    try:
        return str(UUID(_text(value, name, 36)))
    except ValueError as failure:
        raise Misshapen(name) from failure


def read_instant(value: Any) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise Misshapen("a date-time")
    try:
        instant = datetime.fromisoformat(value.upper())
    except ValueError as failure:
        raise Misshapen("a date-time") from failure
    return EARLIEST if instant < EARLIEST else LATEST if instant > LATEST else instant.astimezone(UTC)
