"""Why no heading was found: what stands in its way, and which columns it has to name."""

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.i18n import gettext as _
from portal.models import ImportKind
from portal.services.imports import import_kinds
from portal.services.imports.import_file import DELIMITERS, FileFormat, Source, split
from portal.services.imports.import_kinds import KINDS

_LOOKED_THROUGH = 50
"""Lines at the beginning of a file in which a heading is looked for."""
_LONGEST = 10_000
_OTHERS = ("|", "¦", "^", "~", ":", "\x1f")


@dataclass(frozen=True)
class _Found:
    line: int
    kind: ImportKind
    separator: str | None = None
    """One that is not read."""
    is_in_quotes: bool = False


def why_none(source: Source, file_format: FileFormat, expected: ImportKind | None) -> str:
    """The sentences of the refusal."""
    with source() as raw:
        file = io.TextIOWrapper(raw, file_format.encoding, file_format.handling, newline="")
        lines = [line for line in itertools.islice(iter(lambda: file.readline(_LONGEST), ""), _LOOKED_THROUGH)]
    found = next(_headings(lines), None)
    if found is None:
        kinds = [expected] if expected else list(reversed(KINDS))
        return " ".join((_what_it_is("".join(lines[:3])), *(_needs(kind) for kind in kinds)))
    told = [*_obstacles(found), _needs(found.kind)]
    if expected not in (None, found.kind):
        told.append(import_kinds.not_expected(found.kind))
    return " ".join(told)


def _headings(lines: list[str]) -> Iterator[_Found]:
    for number, line in enumerate(lines, 1):
        for cells, separator, is_in_quotes in _ways_to_read(line.strip("\ufeff\r\n\0 ")):
            if kind := import_kinds.best_kind(cells):
                yield _Found(number, kind, separator, is_in_quotes)


def _ways_to_read(text: str) -> Iterator[tuple[list[str], str | None, bool]]:
    """The cells, a separator that is not read, and whether quotation marks have to come off first."""
    for delimiter in DELIMITERS:
        cells = split(text, delimiter)
        yield cells, None, False
        whole = next((cell for cell in cells if cell.strip()), text)
        if whole != text:
            yield from ((split(whole, inner), None, True) for inner in DELIMITERS)
    yield from ((split(text, separator), separator, False) for separator in _OTHERS)
    yield re.split(r" {2,}", text), " ", False


def _obstacles(found: _Found) -> Iterator[str]:
    if found.line > 1:
        yield _(
            "The first line has to name the columns, but the heading was seen on line %(line)s: delete all lines above "
            "it.", line=found.line,
        )  # fmt: skip
    if found.is_in_quotes:
        yield _(
            "Each line is in quotation marks as a whole, so it is one single cell. Remove the quotation marks "
            "at both ends of the lines."
        )
    if found.separator:
        is_seen = found.separator.isprintable() and not found.separator.isspace()
        sign = f"“{found.separator}”" if is_seen else _("spaces or an invisible sign")
        yield _("The columns are separated by %(sign)s: save the list with commas, semicolons or tabs.", sign=sign)


def _what_it_is(beginning: str) -> str:
    first = beginning.lstrip("\ufeff\r\n\t ")[:1]
    if first == "<":
        return _("This is a web page or XML, no CSV file. The first line has to name the columns.")
    if first in ("{", "["):
        return _("This is JSON, no CSV file. The first line has to name the columns.")
    return _("The first line has to name the columns, and no heading was seen further below.")


def _needs(kind: ImportKind) -> str:
    names = ", ".join(column.title for column in KINDS[kind].columns if column.is_required)
    if kind is ImportKind.ASSETS:
        return _("Assets need: %(names)s.", names=names)
    return _("Accounts need: %(names)s.", names=names)
