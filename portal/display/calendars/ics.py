"""Writes all-day events as iCalendar (RFC 5545): escaped text, lines folded at 75 octets, CRLF."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_LONGEST_LINE = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class AllDay:
    uid: str
    """The same for the same thing in each fetch."""
    day: date
    summary: str
    description: str
    url: str


def calendar(name: str, description: str, events: Iterable[AllDay], now: datetime) -> bytes:
    stamp = f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//BitTitan Asset Portal//Expiry calendar//EN"]
    lines += ["CALSCALE:GREGORIAN", "METHOD:PUBLISH", f"X-WR-CALNAME:{_text(name)}"]
    lines += [f"X-WR-CALDESC:{_text(description)}", "REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H"]
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(event: AllDay, stamp: str) -> Iterator[str]:
    yield from ("BEGIN:VEVENT", f"UID:{event.uid}", stamp)
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}"
    yield from (f"SUMMARY:{_text(event.summary)}", f"DESCRIPTION:{_text(event.description)}", f"URL:{event.url}")
    yield from ("TRANSP:TRANSPARENT", "END:VEVENT")


def _text(text: str) -> str:
    readable = "".join(sign for sign in text.replace("\r\n", "\n") if sign == "\n" or sign.isprintable())
    return readable.translate(_ESCAPES)


def _folded(line: str) -> bytes:
    """Folds between characters, never within one."""
    parts, size = [bytearray()], 0
    for sign in line:
        octets = sign.encode("utf-8", "replace")
        if size + len(octets) > _LONGEST_LINE:
            parts.append(bytearray(b" "))
            size = 1
        parts[-1] += octets
        size += len(octets)
    return b"\r\n".join(parts) + b"\r\n"
