"""Reads the contract's JSON into the portal's types: accepts all that its schema allows, and nothing else.

What the schema allows but makes no sense raises Misshapen too: a code that nobody can type, a negative total, a member
that occurs twice with different values.
"""

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from uuid import UUID

from portal.providers.base import IssuedCoupon, Sku
from portal.providers.bittitan import codes
from portal.providers.bittitan.wire import Answer
from portal.providers.causes import Cause

_INSTANT = re.compile(r"(\d{4})(-\d\d-\d\dT\d\d:\d\d:)(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
LONGEST_MESSAGE = 500
UNNAMED = Cause.UNNAMED
"""Replaces a cause that looks like a coupon code."""
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9980, 1, 1, tzinfo=UTC)
"""Servers may use extreme dates for “for ever”. They are limited, so that days can be added in any time zone."""


LARGEST = 2**31 - 1
"""The largest number that a column holds. Larger numbers are read as this one, however they are written."""
LONGEST_REFERENCE = 1000
_NO_WORD = re.compile(r"[^A-Za-z0-9_.-]+")


class Misshapen(Exception):
    """The answer does not follow the contract."""


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) < 20 else Decimal(text)


def _decimal(text: str) -> Decimal | float | None:
    """Keeps the number as exact as it was written: 4.0 is an integer, 4.0000000000000000001 is not."""
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent too large for Decimal: infinite, or almost zero
        return float(text) or None


def _constant(name: str) -> NoReturn:
    """Refuses NaN and Infinity, which Python accepts although they are not JSON."""
    raise Misshapen(name)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses a member that occurs twice with different values."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if members.setdefault(name, value) != value:
            raise Misshapen(f"two of {name}")
    return members


_JSON = json.JSONDecoder(
    parse_int=_integer, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_members
)  # fmt: skip


def read_object(answer: Answer) -> dict[str, Any]:
    encodings = [value.strip().lower() for name, value in answer.headers.items() if name.lower() == "content-encoding"]
    if set(encodings) - {"identity", ""}:
        raise Misshapen("compressed")
    try:
        value = _JSON.decode(answer.body.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as failure:
        raise Misshapen("not JSON") from failure
    if not isinstance(value, dict):
        raise Misshapen("not an object")
    return value


def read_error(answer: Answer, known: Collection[str] = ()) -> tuple[str, str] | None:
    """Returns code and message of the contract's error document, without coupon codes; None if it is none."""
    try:
        error = read_object(answer).get("Error")
    except Misshapen:
        return None
    if not isinstance(error, dict):
        return None
    code, message = error.get("Code"), error.get("Message")
    if not (isinstance(code, str) and isinstance(message, str)):
        return None
    cause = _NO_WORD.sub("-", code.strip())[:60] or UNNAMED
    cause = cause if codes.hide(code, known) == code else UNNAMED
    return cause, readable(codes.hide(message, {*known, *codes.known_codes_in(message)}))


def read_coupon(value: Any) -> IssuedCoupon:
    if not isinstance(value, dict):
        raise Misshapen("no coupon")
    code = _text(value, "Code", 128)
    if not code.isprintable() or any(mark.isspace() for mark in code):
        raise Misshapen("a code that is none")
    read_string(value, "Label")
    redeemed = value.get("RedeemedDate")
    return IssuedCoupon(
        id=read_uuid(value, "Id"),
        code=code,
        reference=printable(read_string(value, "ExternalReference")[:LONGEST_REFERENCE]),
        sku_id=read_uuid(value, "ProductSkuId"),
        organization_id=read_uuid(value, "OrganizationId"),
        quantity=_number(value, "Quantity"),
        status=codes.hide(printable(read_string(value, "Status")), {code}).strip()[:40],
        created=read_instant(value.get("Created")),
        expires=read_instant(value.get("ExpireDate")),
        validity_days=_whole(value, "ValidityDays"),
        redeemed=None if redeemed is None else read_instant(redeemed),
    )


def read_sku(value: Any) -> Sku:
    if not isinstance(value, dict):
        raise Misshapen("no SKU")
    id, name, kind = (
        read_uuid(value, "Id"),
        readable(read_string(value, "Name")),
        readable(read_string(value, "LicenseKind")),
    )
    return Sku(id, name[:120].strip() or kind[:120].strip() or id, kind[:60].strip(), _number(value, "MaxQuantity"))


def read_list(value: dict[str, Any], name: str = "Entities") -> list[Any]:
    entities = value.get(name)
    if not isinstance(entities, list):
        raise Misshapen(f"no {name}")
    return entities


def read_count(value: dict[str, Any], name: str) -> int:
    number = _whole(value, name)
    if number < 0:
        raise Misshapen(name)
    return number


def readable(text: str) -> str:
    """Limits foreign text to what a person can read and a database can store."""
    return printable(text)[:LONGEST_MESSAGE].strip()


def _text(value: dict[str, Any], name: str, most: int) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= most:
        raise Misshapen(name)
    return text


def read_string(value: dict[str, Any], name: str) -> str:
    """Reads text that may be empty: a coupon made by hand in BitTitan's portal has no reference."""
    text = value.get(name)
    if not isinstance(text, str):
        raise Misshapen(name)
    return text


def printable(text: str) -> str:
    return text if text.isprintable() else "".join(mark if mark.isprintable() else " " for mark in text)


def _number(value: dict[str, Any], name: str) -> int:
    """Reads an integer of at least 1."""
    number = _whole(value, name)
    if number < 1:
        raise Misshapen(name)
    return number


def _whole(value: dict[str, Any], name: str) -> int:
    """Reads an integer: any number without a fraction, however it is written."""
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int | Decimal | float):
        raise Misshapen(name)
    if isinstance(number, Decimal) and number != number.to_integral_value():
        raise Misshapen(name)
    return int(max(-LARGEST, min(number, LARGEST)))


def read_uuid(value: dict[str, Any], name: str) -> str:
    try:
        return str(UUID(_text(value, name, 36)))
    except ValueError as failure:
        raise Misshapen(name) from failure


def read_instant(value: Any) -> datetime:
    """Reads an instant of RFC 3339, which has leap seconds and a year 0."""
    match = _INSTANT.fullmatch(value.upper().replace(" ", "T", 1)) if isinstance(value, str) else None
    if match is None:
        raise Misshapen("a date-time")
    year, rest, second, fraction, zone = match.groups()
    is_leap, is_year_zero = second == "60", year == "0000"
    text = f"{'0004' if is_year_zero else year}{rest}{'59' if is_leap else second}{fraction or ''}{zone}"
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as failure:
        raise Misshapen("a date-time") from failure
    if is_year_zero or instant < EARLIEST:
        return EARLIEST
    if instant > LATEST:
        return LATEST
    instant = instant.astimezone(UTC)
    if not is_leap:
        return instant
    if (instant.hour, instant.minute) != (23, 59):
        raise Misshapen("a date-time")
    return instant.replace(microsecond=0) + timedelta(seconds=1)
