"""Reads a file into staged rows and compares them with the portal. Nothing but staged rows is written.

A thousand rows at a time, each time in a short transaction of its own: however long the file is, memory does not
grow and nobody else waits.
"""

import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Import, ImportKind, ImportPart, ImportState, RowResult
from portal.services.imports import import_columns, import_file, import_kinds
from portal.services.imports.import_columns import Cells, Shape, Twins, Validation
from portal.services.imports.import_file import Record, Source, Unreadable
from portal.services.imports.import_kinds import KINDS

CHUNK = 1000
Beat = Callable[[], None]
"""Called between two chunks: a worker renews its lease; raises Overtaken where somebody else has it now."""


class Overtaken(Exception):
    """Somebody else reads this file anew, or it was discarded: stop, and write nothing more."""


def parts_of(file: Import) -> Source:
    """The uploaded bytes, from the database, one part in memory at a time."""
    return lambda: io.BufferedReader(_Parts(file.id))


def read(file: Import, source: Source, beat: Beat, *, expected: ImportKind | None = None) -> None:
    """From bytes to verdicts. Raises Unreadable, Overtaken."""
    run = _begin(file)
    writing = import_file.format_of(source)
    with source() as raw:
        reader = import_file.CsvReader(raw, writing)
        heads = reader.heading(import_kinds.count_known)
        kind = import_kinds.kind_of(heads, expected)
        shape = import_columns.shape_of(heads, KINDS[kind].columns)
        absent = [column.title for column in KINDS[kind].columns if column.field not in shape.places]
        values = {
            "kind": kind, "encoding": writing.encoding, "delimiter": reader.delimiter, "heads": heads,
            "ignored": shape.ignored, "absent": absent,
        }  # fmt: skip
        with transaction():
            _note(file.id, run, **values)
        _stage(file.id, kind, run, shape, reader, beat)
    validate(file, beat)


def validate(file: Import, beat: Beat) -> None:
    """Compares all staged rows with the portal as it is now, and counts. Raises Unreadable, Overtaken."""
    db.session.commit()
    row = db.session.get(Import, file.id, populate_existing=True)
    if row is None:
        raise Overtaken()
    kind = KINDS[row.kind]
    judging = kind.judge(row)
    checked = 0
    for condition in judging.passes():
        for rows in _chunks(kind.table, (kind.table.c.import_id == row.id, condition)):
            judged = judging.judge(rows, _twins(kind, row.id, rows))
            checked += len(rows)
            with transaction():
                _note(row.id, row.run, rows_checked=checked)
                _write(kind.table, row.id, rows, judged)
            beat()
    with transaction():
        _note(row.id, row.run, **counts(row))


def counts(file: Import) -> dict[str, int]:
    table = KINDS[file.kind].table
    by_verdict = select(table.c.verdict, func.count()).where(table.c.import_id == file.id).group_by(table.c.verdict)
    found = dict(db.session.execute(by_verdict).all())
    return {f"{verdict.value}_count": found.get(verdict, 0) for verdict in RowResult}


def rows_with(file: Import, verdict: RowResult) -> Iterator[Row]:
    """All of them in the order of the file, a thousand in memory at a time."""
    table = KINDS[file.kind].table
    for rows in _chunks(table, (table.c.import_id == file.id, table.c.verdict == verdict)):
        yield from rows


def clear(import_id: int, *, keep: tuple[RowResult, ...] = ()) -> None:
    """The bytes, and the rows that nobody will ask for again; in pieces, so that others can write between."""
    drop_parts(import_id)
    _clear_rows(import_id, keep)


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
    """What an earlier reader staged is gone, and what it still writes is refused."""
    _clear_rows(file.id)
    with transaction():
        row = db.session.get(Import, file.id, populate_existing=True)
        if row is None or row.state is not ImportState.READING:
            raise Overtaken()
        row.run += 1
        row.rows_read = row.rows_checked = 0
        return row.run


def _stage(import_id: int, kind: ImportKind, run: int, shape: Shape, records: Iterable[Record], beat: Beat) -> None:
    of_kind, total = KINDS[kind], 0
    for chunk in _batched(records, CHUNK):
        rows = [_staged(import_id, of_kind, shape, record) for record in chunk]
        total += len(rows)
        with transaction():
            _note(import_id, run, rows_read=total)
            db.session.execute(insert(of_kind.table), rows)
        beat()
    if total == 0:
        raise Unreadable(import_file.no_records())


def _staged(import_id: int, kind: import_kinds.Kind, shape: Shape, record: Record) -> dict[str, Any]:
    cells = Cells(record, shape, kind.titles)
    values = kind.staged(cells)
    return values | {
        "import_id": import_id,
        "line": record.line,
        "raw": json.dumps(record.cells),
        "cell_faults": json.dumps(cells.faults, ensure_ascii=True) if cells.faults else None,
    }


def _note(import_id: int, run: int, **values: Any) -> None:
    """Inside a transaction. Raises Overtaken where another run began."""
    is_ours = (Import.id == import_id, Import.run == run)
    if not db.session.execute(update(Import).where(*is_ours).values(values)).rowcount:
        raise Overtaken()


def _twins(kind: import_kinds.Kind, import_id: int, rows: list[Row]) -> Twins:
    """Of the values in these rows, those that stand on several lines of the whole file."""
    found: Twins = {}
    for name in kind.unique:
        column = kind.table.c[name]
        values = {getattr(row, name) for row in rows} - {None}
        query = (
            select(column.label("value"), func.count().label("count"), func.min(kind.table.c.line).label("first"))
            .where(kind.table.c.import_id == import_id, column.in_(values))
            .group_by(column)
            .having(func.count() > 1)
        )
        found[name] = {row.value: row for row in db.session.execute(query)}
    return found


def _write(table, import_id: int, rows: list[Row], judged: list[Validation]) -> None:
    """Only what is different from the last time."""
    changed = []
    for row, each in zip(rows, judged, strict=True):
        findings = json.dumps(each.findings) if each.findings else None
        values = {"verdict": each.verdict, "findings": findings} | each.columns
        if any(getattr(row, name) != value for name, value in values.items()):
            changed.append({"at_line": row.line} | values)
    if changed:
        names = [name for name in changed[0] if name != "at_line"]
        is_it = (table.c.import_id == import_id, table.c.line == bindparam("at_line"))
        statement = update(table).where(*is_it).values({name: bindparam(name) for name in names})
        db.session.connection().execute(statement, changed)


def _chunks(table, where) -> Iterator[list[Row]]:
    """By key, so that nothing is held between two of them."""
    last = 0
    while rows := list(
        db.session.execute(select(table).where(*where, table.c.line > last).order_by(table.c.line).limit(CHUNK))
    ):
        yield rows
        last = rows[-1].line


def _batched(items: Iterable[Record], size: int) -> Iterator[list[Record]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


class _Parts(io.RawIOBase):
    def __init__(self, import_id: int):
        self._import_id, self._number, self._rest = import_id, 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._rest:
            is_next = (ImportPart.import_id == self._import_id, ImportPart.number == self._number)
            self._rest = db.session.scalar(select(ImportPart.content).where(*is_next)) or b""
            self._number += 1
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
