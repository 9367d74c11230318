"""Instants as the contract writes them: RFC 3339, here always UTC with microseconds, so that text sorts.

What the sandbox says to its clients, it says by a clock of its own, which may be off; what it notes for the judge (the
journal, the faults that were met) is noted by the true one.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


_off = timedelta(0)


def turn(seconds: int) -> None:
    """From now on the sandbox's clock is ahead by so much, or behind: of the whole process, as a clock is."""
    global _off
    _off = timedelta(seconds=seconds)


def now() -> datetime:
    return true() + _off


def true() -> datetime:
    return datetime.now(UTC)


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def parse(value: str) -> datetime:
    found = RFC3339.fullmatch(value)
    if not found:
        raise ValueError(f"{value!r} is no RFC 3339 date-time")
    day, minute, second, fraction, zone, _ = found.groups()
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
