"""From the bytes of a file to its records: detects the encoding and the delimiter, and where each record begins.

Reads line by line, however long the file is.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from portal.core.errors import DomainError
from portal.core.i18n import gettext as _
from portal.services.imports.reading import DELIMITERS, LETTERS, exported

Source = Callable[[], BinaryIO]
"""Opens the bytes from the beginning."""

WRITINGS = LETTERS | {"utf-16": "UTF-16", "latin-1": "Latin-1"}
"""Names that people know."""
LONGEST = 64 * 1024
"""Characters in one record. A longer one is not a record but an unclosed quotation mark."""
MOST_LINES = 100
"""Lines in one record. Lines that are given up are read again, so this also limits how often one is read."""
_KEPT = 1000
"""Characters kept of a longer line: enough to recognize it."""
_PIECE = 64 * 1024
_LOST_BYTE = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_NOT_IN_1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_ENDS = "\0\x1a"
"""What programs and disks leave behind the last line: zero bytes, and the end of a file under DOS (Ctrl-Z)."""
_EDGES = _ENDS + "\ufeff\ufffd\r\n\t "
_BLANK_CELLS = '\r\n ,;\t"'
_BINARY = {
    b"PK\x03\x04": "workbook",
    b"\xd0\xcf\x11\xe0": "workbook",
    b"%PDF": "other",
    b"{\\rtf": "other",
    b"\x1f\x8b": "other",
}


class Unreadable(DomainError):
    """The file as a whole cannot be imported."""


@dataclass(frozen=True)
class FileFormat:
    """How the characters were encoded."""

    encoding: str
    handling: str = "strict"
    """`surrogateescape`: UTF-8 with some bytes that are not text. Those rows are refused; the others are imported."""


@dataclass(frozen=True)
class Record:
    line: int
    cells: list[str]
    is_broken: bool = False
    """Its quotation marks do not pair; the cells are a guess."""
    is_cut: bool = False
    """Too long to be a record; one cell holds its beginning."""


def format_of(source: Source, chosen: str | None = None) -> FileFormat:
    """UTF-8 with or without a BOM, UTF-16 with a BOM, otherwise what a person chose or Windows-1252. Raises
    Unreadable."""
    with source() as file:
        first = file.read(_PIECE)
        _refuse_other_kinds(first)
        _refuse_other_writings(first)
        if first.startswith(_UTF_16):
            return FileFormat("utf-16", "replace")
        text = lost = 0
        is_1252 = is_blank = True
        decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        piece = first
        while piece:
            decoded = decode(piece)
            if not decoded.isascii():
                lost_here = len(_LOST_BYTE.findall(decoded))
                lost += lost_here
                text += len(_BEYOND_ASCII.findall(decoded)) - lost_here
                is_1252 = is_1252 and not any(byte in piece for byte in _NOT_IN_1252)
            is_blank = is_blank and not decoded.strip(_EDGES)
            piece = file.read(_PIECE)
        lost += len(decode(b"", True))
    if is_blank:
        raise Unreadable(_("The file is empty."))
    if chosen is not None:
        return FileFormat(chosen, "replace")
    if not lost:
        return FileFormat("utf-8-sig")
    if first.startswith(codecs.BOM_UTF8) or text > lost:
        return FileFormat("utf-8-sig", "surrogateescape")
    return FileFormat("cp1252" if is_1252 else "latin-1")


def _refuse_other_kinds(first: bytes) -> None:
    kind = next((kind for magic, kind in _BINARY.items() if first.startswith(magic)), None)
    if kind == "workbook":
        raise Unreadable(
            _("This is a workbook or a ZIP archive. Open it, save the sheet as “CSV UTF-8”, and upload that.")
        )
    if kind is not None:
        raise Unreadable(_no_text())


def _refuse_other_writings(first: bytes) -> None:
    """UTF-16 without a mark has zeros at every other place, UTF-32 at most places."""
    text = first[:2000].rstrip(b"\0\x1a")
    zeros = [text[place::2].count(0) for place in (0, 1)]
    if first.startswith(_UTF_32) or sum(zeros) > len(text) * 0.6:
        raise Unreadable(_no_text(_("it is written in UTF-32.")))
    if not first.startswith(_UTF_16) and max(zeros) > len(text) * 0.2 and min(zeros) < len(text) * 0.02:
        raise Unreadable(_no_text(_("it is written in UTF-16 without a mark at its beginning.")))


def no_records() -> str:
    return _("The file has a heading, but no records.")


def _no_text(why: str = "") -> str:
    why = why or _("it contains something that is not text.")
    return _("This is not a CSV file that can be read: %(why)s Save the list as “CSV UTF-8” and upload that.", why=why)


def delimiter_of(heading: str, count_known: Callable[[list[str]], int]) -> str:
    """The delimiter with which the heading names the most known columns."""
    return max(DELIMITERS, key=lambda delimiter: count_known(split(heading, delimiter)))


class CsvReader:
    """Iterates over the records, without blank ones, the last line of an export, and a heading that is repeated where
    files were joined. A record may contain line breaks inside quotation marks."""

    def __init__(self, file: BinaryIO, file_format: FileFormat):
        self._file = io.TextIOWrapper(file, file_format.encoding, file_format.handling, newline="")
        self._again: deque[str] = deque()
        """Lines that were read as part of a record, but were not."""
        self._line = 0
        self.delimiter = ","
        self._heads: list[str] = []

    def heading(self, count_known: Callable[[list[str]], int], chosen: str | None = None) -> list[str]:
        """Decides the delimiter, unless a person chose it. Obeys a first line `sep=;`, as spreadsheets write it."""
        line = self._heading()
        if separator := re.fullmatch(r'"?sep=([,;\t])"?', line.strip()):
            self.delimiter, line = separator[1], self._heading()
        else:
            self.delimiter = chosen or delimiter_of(line, count_known)
        self._heads = split(line, self.delimiter)
        return self._heads

    def __iter__(self) -> Iterator[Record]:
        while line := self._take():
            begins = self._line
            if len(line) > LONGEST:
                record = Record(begins, [line[:_KEPT]], is_cut=True)
            elif '"' in line:
                record = self._quoted(begins, line)
            else:
                record = Record(begins, line.rstrip("\r\n").split(self.delimiter))
            if self._holds_something(record.cells):
                yield record

    def _holds_something(self, cells: list[str]) -> bool:
        is_blank = not any(not cell.isspace() and cell for cell in cells)
        return not (is_blank or cells == self._heads or exported.is_last_line(cells))

    def _quoted(self, begins: int, first: str) -> Record:
        """If the quotation marks do not pair, only the first line is given up; the following lines are read again."""
        taken = [first]
        try:
            cells = next(csv.reader(self._lines_of(taken), delimiter=self.delimiter, strict=True))
            return Record(begins, cells)
        except csv.Error:
            self._again.extendleft(reversed(taken[1:]))
            self._line = begins
            return Record(begins, split(first, self.delimiter), is_broken=True)

    def _lines_of(self, taken: list[str]) -> Iterator[str]:
        yield taken[0]
        length = len(taken[0])
        while length <= LONGEST and len(taken) < MOST_LINES and (line := self._take()):
            taken.append(line)
            length += len(line)
            yield line

    def _heading(self) -> str:
        """The first line that is not blank. Binary files have no such line, or one with other characters."""
        while line := self._take():
            if "\0" in line:
                raise Unreadable(_no_text())
            if len(line) > LONGEST:
                raise Unreadable(_("Line %(line)s is too long for a heading; this is no CSV file.", line=self._line))
            if line.strip(_BLANK_CELLS):
                return line
        raise Unreadable(_("The file is empty."))

    def _take(self) -> str:
        """The next line, or "" at the end."""
        line = self._again.popleft() if self._again else self._next()
        self._line += bool(line)
        return line

    def _next(self) -> str:
        """Skips what exceeds LONGEST + 1 without loading it at once, and what is left at the edges of a file."""
        line = rest = self._file.readline(LONGEST + 1)
        is_more = False
        while len(rest) > LONGEST and not rest.endswith(("\n", "\r")):
            rest = self._file.readline(LONGEST + 1)
            is_more = is_more or bool(rest.strip(_EDGES))
        return line if is_more else _without_edges(line)


def _without_edges(line: str) -> str:
    """A line that holds nothing else is a blank one. Marks of the byte order also stand where files were joined."""
    is_whole = line.endswith(("\n", "\r"))
    if is_whole and line[0] not in "\ufeff\0\x1a":
        return line
    if not line.strip(_EDGES):
        return "\n" if line else ""
    return (line if is_whole else line.rstrip(_ENDS)).lstrip("\ufeff")


def split(line: str, delimiter: str) -> list[str]:
    """Splits one line, leniently."""
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])


def clean_name(name: str) -> str:
    """The last part of a path, with either kind of separator."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(mark for mark in last if mark.isprintable()).strip()[:200] or "file"


class StoredParts(io.RawIOBase):
    """Bytes that are kept in parts; `part` returns one by its number, None after the last."""

    def __init__(self, part: Callable[[int], bytes | None]):
        self._part, self._number, self._rest = part, 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._rest:
            self._rest = self._part(self._number) or b""
            self._number += 1
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
