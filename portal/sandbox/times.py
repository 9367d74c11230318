"""Instants as the contract writes them: RFC 3339, here always UTC with microseconds, so that text sorts.

Answers to clients use the sandbox's own clock, which may be wrong. Records for tests (the journal, the used faults) use
the true time.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


_offset = timedelta(0)


def turn(seconds: int) -> None:
    """Sets by how much the sandbox's clock is ahead (negative: behind), for the whole process."""
    global _offset
    _offset = timedelta(seconds=seconds)


def now() -> datetime:
    return true() + _offset


def true() -> datetime:
    return datetime.now(UTC)


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def parse(value: str) -> datetime:
    match = RFC3339.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is no RFC 3339 date-time")
    day, minute, second, fraction, zone, _ = match.groups()
    if day.startswith("0000"):
        day = f"0001{day[4:]}"
    leap = second == "60"
    plain = datetime.fromisoformat(f"{day}T{minute}:{'59' if leap else second}")
    plain = plain.replace(microsecond=int(((fraction or ".0")[1:] + "000000")[:6]), tzinfo=_zone(zone))
    try:
        return plain.astimezone(UTC)
    except OverflowError:
        edge = datetime.min if plain.year == 1 else datetime.max
        return edge.replace(tzinfo=UTC)


def _zone(zone: str) -> timezone:
    if zone in "Zz":
        return UTC
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return timezone(-offset if zone[0] == "-" else offset)
