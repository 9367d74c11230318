"""What one file decides once for all its rows: letters, dates and numbers. It is told in the preview, with samples
spelt out, and a person may decide it instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from portal.core.i18n import gettext as _
from portal.services.imports.reading import dates, exported, numbers
from portal.services.imports.reading.dates import DateEvidence, DateOrder, DateReading
from portal.services.imports.reading.numbers import NumberEvidence, NumberStyle
from portal.services.imports.reading.refusals import shown

LETTERS = {
    "utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "cp1250": "Windows-1250", "cp1251": "Windows-1251",
    "cp1253": "Windows-1253", "cp1254": "Windows-1254", "mac_roman": "Macintosh",
}  # fmt: skip
"""Encodings that a person may choose, with the names that people know."""
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Choices:
    """What a person said about the whole file; None leaves it to the file."""

    dates: DateOrder | None = None
    numbers: NumberStyle | None = None
    letters: str | None = None
    separator: str | None = None
    """Only where a screen offers it."""

    @classmethod
    def of(cls, words: Mapping[str, str | None]) -> Self:
        """Raises ValueError for an unknown word."""
        letters = words.get("letters") or None
        if letters is not None and letters not in LETTERS:
            raise ValueError(letters)
        separator = words.get("separator") or None
        if separator is not None and separator not in DELIMITERS:
            raise ValueError(separator)
        given = {name: words.get(name) or None for name in ("dates", "numbers")}
        return cls(
            DateOrder(given["dates"]) if given["dates"] else None,
            NumberStyle(given["numbers"]) if given["numbers"] else None,
            letters,
            separator,
        )

    def as_json(self) -> dict[str, str]:
        words = {
            "dates": self.dates and self.dates.value, "numbers": self.numbers and self.numbers.value,
            "letters": self.letters, "separator": self.separator,
        }  # fmt: skip
        return {name: word for name, word in words.items() if word}


NO_CHOICES = Choices()


_PLAIN = DateReading()


@dataclass(frozen=True)
class Reading:
    """How the cells of one file are read."""

    dates: Mapping[str, DateReading] = field(default_factory=dict)
    numbers: NumberStyle | None = None

    def of_date(self, name: str) -> DateReading:
        return self.dates.get(name, _PLAIN)


class Survey:
    """Looks at all records before any is read."""

    def __init__(self, date_fields: tuple[str, ...], number_fields: tuple[str, ...], code_fields: tuple[str, ...]):
        self._dates = {name: DateEvidence() for name in date_fields}
        self._numbers = {name: NumberEvidence() for name in number_fields}
        self._codes = code_fields
        self._letters: str | None = None
        self._masked: dict[str, list[Any]] = {}

    def look_at(self, values: Mapping[str, str], line: int) -> None:
        """`values` by field; `name` is a sample of the letters."""
        for name, evidence in (*self._dates.items(), *self._numbers.items()):
            if text := values.get(name):
                evidence.look_at(text, line)
        if self._letters is None and not values.get("name", "").isascii():
            self._letters = shown(values["name"])
        for name in self._codes:
            if name not in self._masked and exported.end_of_code(values.get(name, "")) is not None:
                self._masked[name] = [values[name], line]

    def decide(self, choices: Choices) -> Reading:
        decided = {name: evidence.decided(choices.dates) for name, evidence in self._dates.items()}
        return Reading(decided, choices.numbers)

    def as_json(self, decided: Reading) -> dict[str, Any]:
        """For the preview (`told`)."""
        return {
            "dates": {name: each.as_json() for name, each in decided.dates.items()},
            "numbers": {name: each.as_json() for name, each in self._numbers.items()},
            "letters": self._letters,
            "masked": self._masked,
        }


def told(reading: Mapping[str, Any], choices: Choices, titles: Mapping[str, str]) -> Iterator[str]:
    """Sentences about what was decided, with samples spelt out."""
    if letters := reading.get("letters"):
        yield _("Names read like this: “%(text)s”.", text=letters)
    for name, seen in reading.get("dates", {}).items():
        if said := dates.told(titles[name], DateReading.from_json(seen)):
            yield said
    for name, seen in reading.get("numbers", {}).items():
        if said := numbers.told(titles[name], seen, choices.numbers):
            yield said
    for name, (text, line) in reading.get("masked", {}).items():
        yield _(
            "%(column)s: codes are masked, such as %(text)s on line %(line)s. Only their ends are compared with what "
            "is recorded; a new asset needs its whole code.", column=titles[name], text=text, line=line,
        )  # fmt: skip


def has_doubts(reading: Mapping[str, Any]) -> bool:
    """Whether rows are left out until a person decides, or a guess was made that a person should look at."""
    asked = (each for each in reading.get("dates", {}).values() if each["doubt"] or _is_guessed(each))
    return any(asked) or any(reading.get("numbers", {}).values())


def _is_guessed(seen: Mapping[str, Any]) -> bool:
    return bool(seen["either"]) and not seen["day_first"] and not seen["is_chosen"]
