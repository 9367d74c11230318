"""Writes the same document in another spelling that the contract's schema allows."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_ELSEWHERE = timezone(timedelta(hours=5, minutes=30))


def respelled(value: Any) -> Any:
    """Writes integers with a decimal point, members in another order and additional ones, Ids in capitals, and instants
    in another zone."""
    if isinstance(value, dict):
        members = {name: respelled(value[name]) for name in reversed(value)}
        return {"Links": None, **members, "Rate": 0.25}
    if isinstance(value, list):
        return [respelled(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    if _UUID.fullmatch(text):
        return text.upper()
    if _INSTANT.fullmatch(text):
        return f"{datetime.fromisoformat(text).astimezone(_ELSEWHERE):%Y-%m-%dt%H:%M:%S.%f}000+05:30"
    return text
