"""Reads a file into staged rows and compares them with the portal. Writes only staged rows.

It handles a thousand rows at a time, each in a short transaction: memory does not grow with the file, and nobody else
has to wait.
"""

import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Row, bindparam, delete, func, insert, select, update

from portal.core.errors import Overtaken
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Import, ImportKind, ImportPart, ImportState, RowResult
from portal.services.imports import import_columns, import_file, import_heading, import_kinds, import_values
from portal.services.imports.import_columns import Cells, Duplicates, Shape, Validation
from portal.services.imports.import_file import CsvReader, FileFormat, Source, StoredParts, Unreadable
from portal.services.imports.import_kinds import KINDS
from portal.services.imports.reading import Choices, Survey

CHUNK = 1000
SHOWN = 50
Beat = Callable[[], None]
"""Called between two chunks. A worker renews its lease in it; raises Overtaken if somebody else has the job now."""


def parts_of(file: Import) -> Source:
    """The uploaded bytes, from the database, with one part in memory at a time."""

    def part(number: int) -> bytes | None:
        is_part = (ImportPart.import_id == file.id, ImportPart.number == number)
        return db.session.scalar(select(ImportPart.content).where(*is_part))

    return lambda: io.BufferedReader(StoredParts(part))


def read(file: Import, source: Source, beat: Beat, *, expected: ImportKind | None = None) -> None:
    """From bytes to results. Raises Unreadable, Overtaken."""
    run = _begin(file)
    choices = Choices.of(file.choices)
    file_format = import_file.format_of(source, choices.letters)
    with _opened(source, file_format) as (reader, heads):
        kind = import_kinds.kind_of(heads, expected)
        if kind is None:
            raise Unreadable(import_heading.why_none(source, file_format, expected))
        shape = import_columns.shape_of(heads, KINDS[kind].columns, KINDS[kind].is_of_codes)
        survey = _survey(KINDS[kind], shape, reader, beat)
    decided = survey.decide(choices)
    absent = [column.title for column in KINDS[kind].columns if column.field not in shape.places]
    values = {
        "kind": kind, "encoding": file_format.encoding, "delimiter": reader.delimiter, "heads": heads,
        "ignored": shape.ignored, "absent": absent, "reading": survey.as_json(decided),
    }  # fmt: skip
    with transaction():
        _note(file.id, run, **values)
    titles = KINDS[kind].titles
    with _opened(source, file_format) as (reader, _heads):
        records = (Cells(record, shape, titles, decided) for record in reader)
        _stage(file.id, run, KINDS[kind], records, beat)
    validate(file, beat)


@contextmanager
def _opened(source: Source, file_format: FileFormat) -> Iterator[tuple[CsvReader, list[str]]]:
    with source() as raw:
        reader = CsvReader(raw, file_format)
        yield reader, reader.heading(import_kinds.count_known)


def _survey(kind: import_kinds.Kind, shape: Shape, reader: CsvReader, beat: Beat) -> Survey:
    """The first pass over the file: what has to be decided for all rows."""
    survey = Survey(kind.dates, kind.numbers, kind.codes)
    names = (*kind.dates, *kind.numbers, *kind.codes, "name")
    places = {name: shape.places[name] for name in names if name in shape.places}
    for number, record in enumerate(reader):
        cells = record.cells
        values = {name: import_values.plain(cells[place]) for name, place in places.items() if place < len(cells)}
        survey.look_at(values, record.line)
        if number % CHUNK == 0:
            beat()
    return survey


def validate(file: Import, beat: Beat) -> None:
    """Compares all staged rows with the portal as it is now, and counts. Raises Unreadable, Overtaken."""
    db.session.commit()
    row = db.session.get(Import, file.id, populate_existing=True)
    if row is None:
        raise Overtaken()
    kind = KINDS[row.kind]
    validator = kind.validator(row)
    checked = 0
    for condition in validator.passes():
        for rows in _chunks(kind.table, (kind.table.c.import_id == row.id, condition)):
            results = validator.validate(rows, _duplicates(kind, row.id, rows))
            checked += len(rows)
            with transaction():
                _note(row.id, row.run, rows_checked=checked)
                _write(kind.table, row.id, rows, results)
            beat()
    with transaction():
        _note(row.id, row.run, **counts(row))


def end(file: Import, was: ImportState, **values: Any) -> None:
    with transaction():
        db.session.execute(update(Import).where(Import.id == file.id, Import.state == was).values(values))


def counts(file: Import) -> dict[str, int]:
    table = KINDS[file.kind].table
    by_verdict = select(table.c.verdict, func.count()).where(table.c.import_id == file.id).group_by(table.c.verdict)
    numbers = dict(db.session.execute(by_verdict).all())
    return {f"{verdict.value}_count": numbers.get(verdict, 0) for verdict in RowResult}


def reload(file: Import) -> Import:
    db.session.commit()
    row = db.session.get(Import, file.id, populate_existing=True)
    if row is None:
        raise Overtaken()
    return row


def rows_with(file: Import, verdict: RowResult) -> Iterator[Row]:
    """All of them in the order of the file, a thousand in memory at a time."""
    table = KINDS[file.kind].table
    for rows in _chunks(table, (table.c.import_id == file.id, table.c.verdict == verdict)):
        yield from rows


def page_of(file: Import, verdict: RowResult, after: int, *more: Column) -> tuple[list[Row], int | None]:
    """One page of these rows, and the line after which the next page begins."""
    if file.kind is None or file.cleared_at is not None:
        return [], None
    rows = KINDS[file.kind].table.c
    conditions = (rows.import_id == file.id, rows.verdict == verdict, rows.line > after)
    query = select(rows.line, rows.findings, *more).where(*conditions).order_by(rows.line).limit(SHOWN + 1)
    found = list(db.session.execute(query))
    return found[:SHOWN], found[SHOWN - 1].line if len(found) > SHOWN else None


def clear(import_id: int, *, keep: tuple[RowResult, ...] = ()) -> None:
    """Deletes the bytes, and the rows that are no longer needed; in pieces, so that others can write in between."""
    drop_parts(import_id)
    _clear_rows(import_id, keep)


def has_parts(import_id: int) -> bool:
    return db.session.scalar(select(ImportPart.number).where(ImportPart.import_id == import_id).limit(1)) is not None


def drop_parts(import_id: int) -> None:
    with transaction():
        db.session.execute(delete(ImportPart).where(ImportPart.import_id == import_id))


def _clear_rows(import_id: int, keep: tuple[RowResult, ...] = ()) -> None:
    for kind in KINDS.values():
        table = kind.table
        where = [table.c.import_id == import_id]
        if keep:
            where.append(table.c.verdict.not_in(keep))
        while _delete_some(table, where):
            pass


def _delete_some(table, where) -> int:
    with transaction():
        first = select(table.c.line).where(*where).order_by(table.c.line).limit(5000).subquery()
        last = db.session.scalar(select(func.max(first.c.line)))
        return db.session.execute(delete(table).where(*where, table.c.line <= last)).rowcount if last else 0


def _begin(file: Import) -> int:
    """Deletes what an earlier reader staged, and refuses what it still writes."""
    _clear_rows(file.id)
    with transaction():
        row = db.session.get(Import, file.id, populate_existing=True)
        if row is None or row.state is not ImportState.READING:
            raise Overtaken()
        row.run += 1
        row.rows_read = row.rows_checked = 0
        return row.run


def _stage(import_id: int, run: int, kind: import_kinds.Kind, records: Iterable[Cells], beat: Beat) -> None:
    total = 0
    for chunk in _batched(records, CHUNK):
        rows = [_staged(import_id, kind, cells) for cells in chunk]
        total += len(rows)
        with transaction():
            _note(import_id, run, rows_read=total)
            db.session.execute(insert(kind.table), rows)
        beat()
    if total == 0:
        raise Unreadable(import_file.no_records())


def _staged(import_id: int, kind: import_kinds.Kind, cells: Cells) -> dict[str, Any]:
    values = kind.staged(cells)
    return values | {
        "import_id": import_id,
        "line": cells.record.line,
        "raw": json.dumps(cells.record.cells),
        "cell_faults": json.dumps(cells.faults, ensure_ascii=True) if cells.faults else None,
    }


def _note(import_id: int, run: int, **values: Any) -> None:
    """Inside a transaction. Raises Overtaken if another run has begun."""
    is_ours = (Import.id == import_id, Import.run == run)
    if not db.session.execute(update(Import).where(*is_ours).values(values)).rowcount:
        raise Overtaken()


def _duplicates(kind: import_kinds.Kind, import_id: int, rows: list[Row]) -> Duplicates:
    """The values in these rows that occur on several lines of the whole file."""
    duplicates: Duplicates = {}
    for name in (*kind.unique, *kind.alike):
        column = kind.table.c[name]
        values = {getattr(row, name) for row in rows} - {None}
        query = (
            select(column.label("value"), func.count().label("count"), func.min(kind.table.c.line).label("first"))
            .where(kind.table.c.import_id == import_id, column.in_(values))
            .group_by(column)
            .having(func.count() > 1)
        )
        duplicates[name] = {row.value: row for row in db.session.execute(query)}
    return duplicates


def _write(table, import_id: int, rows: list[Row], results: list[Validation]) -> None:
    """Writes only what has changed since the last time."""
    changed = []
    for row, result in zip(rows, results, strict=True):
        findings = json.dumps(result.findings) if result.findings else None
        values = {"verdict": result.verdict, "findings": findings} | result.columns
        if any(getattr(row, name) != value for name, value in values.items()):
            changed.append({"at_line": row.line} | values)
    if changed:
        names = [name for name in changed[0] if name != "at_line"]
        is_line = (table.c.import_id == import_id, table.c.line == bindparam("at_line"))
        statement = update(table).where(*is_line).values({name: bindparam(name) for name in names})
        db.session.connection().execute(statement, changed)


def _chunks(table, where) -> Iterator[list[Row]]:
    """Paged by key, so that nothing is held between two chunks."""
    last = 0
    while rows := list(
        db.session.execute(select(table).where(*where, table.c.line > last).order_by(table.c.line).limit(CHUNK))
    ):
        yield rows
        last = rows[-1].line


def _batched(items: Iterable[Cells], size: int) -> Iterator[list[Cells]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
