"""What a list of coupons says, for the person who uploaded it, before anything is compared. It holds no whole code."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from portal.core import clock
from portal.services.imports.coupon_lists import coupon_columns, coupon_lines, masking
from portal.services.imports.coupon_lists.coupon_columns import CODES, DATES, LABELS, CouponFile, Mapping
from portal.services.imports.coupon_lists.coupon_lines import Names
from portal.services.imports.coupon_lists.repeats import Earlier
from portal.services.imports.import_columns import Cells
from portal.services.imports.import_file import Source, Unreadable
from portal.services.imports.reading import Choices, Reading, dates

LOOKED_AT = 50_000
"""Lines. Of a longer file the beginning is looked at; all of it is compared."""
SAMPLES = 3
MOST_REFUSED = 200


@dataclass
class _Seen:
    lines: int = 0
    taken: int = 0
    repeated: int = 0
    earlier: Earlier = field(default_factory=Earlier)
    refused: list[list[Any]] = field(default_factory=list)
    samples: dict[str, list[str]] = field(default_factory=dict)
    unknown: Counter = field(default_factory=Counter)

    def add(self, cells: Cells, coupon: dict[str, Any]) -> None:
        self.lines += 1
        is_new = not cells.faults and self.earlier.is_new(cells, coupon)
        self.taken += is_new
        self.repeated += not is_new and not cells.faults
        self.refused += [[cells.record.line, *fault] for fault in cells.faults][: MOST_REFUSED - len(self.refused)]
        if not coupon:
            return
        for name, column in (("product", "sku_id"), ("organisation", "organization_id")):
            self.unknown[name] += bool(cells.plain(name).strip() and coupon[column] is None)
        for name in cells.shape.places if self.lines <= SAMPLES else ():
            self.samples.setdefault(name, []).append(_sample(name, cells, coupon))


def look(source: Source, mapping: Mapping, choices: Choices) -> dict[str, Any]:
    """If it cannot be read like this, `problem` says why. Raises Unreadable if it is no CSV file at all."""
    heading = coupon_columns.heading_of(source, choices)
    found = {"encoding": heading.encoding, "separator": heading.separator}
    try:
        file = coupon_columns.open_list(source, mapping, choices)
    except Unreadable as refusal:
        return found | {"problem": refusal.message}
    reading = coupon_lines.survey(file.records(), choices)
    seen = _Seen()
    for cells, coupon in _read(file, reading):
        seen.add(cells, coupon)
    return found | {
        "lines": seen.lines, "taken": seen.taken, "repeated": seen.repeated, "refused": seen.refused,
        "samples": seen.samples, "unknown": +seen.unknown, "told": _told(reading), "is_cut": seen.lines == LOOKED_AT,
    }  # fmt: skip


def left_out(found: dict[str, Any]) -> int:
    """How many lines cannot be taken."""
    return found.get("lines", 0) - found.get("taken", 0) - found.get("repeated", 0)


def _read(file: CouponFile, reading: Reading) -> Iterator[tuple[Cells, dict[str, Any]]]:
    names = Names()
    for cells in islice(file.records(reading), LOOKED_AT):
        yield cells, coupon_lines.coupon_of(cells, names)


def _sample(name: str, cells: Cells, coupon: dict[str, Any]) -> str:
    text = cells.plain(name).strip()
    if name in CODES:
        return masking.masked(text)
    if name == "issued" and coupon["fits_from"] is not None:
        return dates.spelt(coupon["fits_from"] + coupon_lines.DAY)
    if name == "expires" and coupon["expires_at"] is not None:
        return dates.spelt(clock.day_of(coupon["expires_at"]))
    return masking.without_code(text)


def _told(reading: Reading) -> dict[str, str]:
    """What was decided about the dates, by field."""
    told = {name: dates.told(str(LABELS[name]), reading.of_date(name)) for name in DATES}
    return {name: sentence for name, sentence in told.items() if sentence}
