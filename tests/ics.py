"""Reads iCalendar as strictly as RFC 5545 writes it, for tests: any other file raises an AssertionError."""

import re
from datetime import date, datetime

_LINE = re.compile(r"([A-Z][A-Z-]*)((?:;[A-Z-]+=[A-Z]+)*):(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_TEXTS = ("SUMMARY", "DESCRIPTION", "X-WR-CALNAME", "X-WR-CALDESC")
_ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "TRANSP"}


def read(file: bytes) -> tuple[dict[str, str], list[dict]]:
    """The calendar's own properties, and its events."""
    assert file.endswith(b"\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert b"\r" not in file.replace(b"\r\n", b"")
    lines = file.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 75 and line.decode("utf-8") for line in lines)
    properties = [_property(line) for line in b"\r\n".join(lines).replace(b"\r\n ", b"").decode().split("\r\n")]
    assert properties[0] == ("BEGIN", "VCALENDAR")
    assert properties[-1] == ("END", "VCALENDAR")
    own, events, event = {}, [], None
    for name, value in properties[1:-1]:
        if name == "BEGIN":
            assert (value, event) == ("VEVENT", None)
            event = {}
        elif name == "END":
            assert value == "VEVENT"
            assert event.keys() == _ONCE
            events.append(event)
            event = None
        else:
            place = own if event is None else event
            assert name not in place, name
            place[name] = value
    assert event is None
    assert own["VERSION"] == "2.0"
    assert own["PRODID"]
    assert len({each["UID"] for each in events}) == len(events)
    return own, events


def _property(line: str) -> tuple[str, str | date]:
    match = _LINE.fullmatch(line)
    assert match, line
    name, parameters, value = match.groups()
    if name in ("DTSTART", "DTEND"):
        assert parameters == ";VALUE=DATE"
        return name, datetime.strptime(value, "%Y%m%d").date()
    if name == "DTSTAMP":
        datetime.strptime(value, "%Y%m%dT%H%M%SZ")
    if name in _TEXTS:
        assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value), line
        return name, _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
    return name, value
