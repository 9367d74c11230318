"""Imports accounts and assets from a file: upload it, preview what would happen, apply it once.

A file is read and compared (import_run.py), and only what a person applies is imported, after everything was compared
again (import_apply.py). BitTitan is asked only about codes for assets that failed (attaching). Bytes and rows are kept
in the database, which all machines share, and deleted after KEPT.
"""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import BinaryIO, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import joinedload

from portal.core import audit, clock, errors, paging
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Import, ImportKind, ImportPart, ImportState, JobKind, RowResult, User
from portal.services import jobs
from portal.services.imports import attaching, import_apply, import_file, import_rejects, import_run, reading
from portal.services.imports.import_columns import Fault
from portal.services.imports.import_kinds import KINDS
from portal.services.imports.reading import NO_CHOICES, Choices

KEPT = timedelta(days=7)
MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 500_000
AT_ONCE, ROWS_AT_ONCE = 256 * 1024, 2000
"""A file of up to this many bytes and rows is read and applied while its person waits; a longer one by a worker."""
_PART = 512 * 1024
_RESCUE = timedelta(seconds=90)
"""After this time a worker takes over what was begun in a request and not finished."""


class Remarked(NamedTuple):
    line: int
    code: str
    name: str
    remarks: list[str]


def receive(*, file: BinaryIO, name: str, by: User, choices: Choices = NO_CHOICES) -> Import:
    """Stores the bytes and has them read. They are kept until the file is applied, so that it can be read again. Raises
    InvalidInput."""
    ends = [0, 0]
    with transaction():
        row = _new(name, by, choices)
        for number, part in enumerate(iter(lambda: file.read(_PART), b"")):
            row.size += len(part)
            ends = [count + part.count(end) for count, end in zip(ends, (b"\n", b"\r"), strict=True)]
            if row.size > MOST_BYTES:
                raise errors.InvalidInput("file", _("The file is too large. Divide it into several."))
            if max(ends) > MOST_ROWS:
                raise errors.InvalidInput(
                    "file", _("The file has more than %(most)s rows. Divide it into several.", most=f"{MOST_ROWS:,}")
                )
            values = {"import_id": row.id, "number": number, "content": part}
            db.session.execute(insert(ImportPart.__table__), values)
        is_short = _is_short(row, max(ends))
        _put(row, is_short)
    return _at_once(row, is_short)


def begin(name: str, size: int, choices: Choices = NO_CHOICES) -> Import:
    """For the command line, which reads the file itself."""
    with transaction():
        row = _new(name, None, choices)
        row.size = size
    return row


def read_again(file: Import, *, choices: Choices) -> Import:
    """As a person says that it is to be read. Raises Conflict."""
    with transaction():
        row = lock(Import, file.id)
        if not row.may_read_again or not import_run.has_parts(row.id):
            raise errors.Conflict(_("This file cannot be read again. Upload it again."))
        row.state, row.choices, row.problem = ImportState.READING, choices.as_json(), None
        row.accepted = []
        is_short = _is_short(row, row.rows_read)
        _put(row, is_short)
    return _at_once(row, is_short)


def ask_to_apply(
    file: Import, *, skip_faulty: bool, by: User | None, accepted: Collection[int] = (), seen_run: int | None = None,
    all_codes: bool = False,
) -> Import:  # fmt: skip
    """Applies only once, whoever presses and however often. `accepted`: the lines of remarked rows that are taken all
    the same. `seen_run`: the reading that the person saw. `all_codes`: also each code that BitTitan confirmed. Raises
    Conflict if rows are faulty, none is taken, the file was read again meanwhile, or it was applied."""
    with transaction():
        row = lock(Import, file.id)
        if row.state is ImportState.APPLIED:
            raise errors.Conflict(_("This file has been applied already; nothing was done twice."))
        if row.state is ImportState.APPLYING:
            raise errors.Conflict(_("This file is being applied already; nothing is done twice."))
        if row.state is not ImportState.READ or row.cleared_at is not None:
            raise errors.Conflict(_("This file cannot be applied. Upload it again."))
        if seen_run not in (None, row.run):
            raise errors.Conflict(_("Somebody has changed how this file is read. Look at the preview first."))
        if row.faulty_count and not skip_faulty:
            raise errors.Conflict(_("There are rows that cannot be taken, so nothing was changed."))
        accepted = {*accepted, *(attaching.confirmed(row) if all_codes else ())}
        if not (row.new_count or accepted) and (row.remarked_count or row.attach_count):
            raise errors.Conflict(_("Tick the rows that you take, or discard the file. Nothing was changed."))
        row.state, row.skips_faulty, row.problem = ImportState.APPLYING, skip_faulty, None
        row.accepted = sorted(accepted)
        row.applied_by_id = by.id if by else None
        is_short = _is_short(row, row.rows_read) and not attaching.is_wanted(row)
        if by is not None:
            _put(row, is_short)
    return _at_once(row, is_short) if by is not None else row


def discard(file: Import) -> None:
    """Deletes a file that was not applied, and everything about it. Raises Conflict if it was applied."""
    with transaction():
        row = lock(Import, file.id)
        if row.state is ImportState.APPLIED or row.applied_at is not None:
            raise errors.Conflict(_("This file has been applied; its record stays."))
        row.run, row.state = row.run + 1, ImportState.UNREADABLE  # stops whoever is reading or applying it
    import_run.clear(file.id)
    with transaction():
        db.session.delete(lock(Import, file.id))


def purge(import_id: int) -> bool:
    """Discards a file that was not applied, however its import ended. Returns False if it was applied, as that stays on
    record."""
    db.session.rollback()
    row = db.session.get(Import, import_id, populate_existing=True)
    if row is not None and row.applied_at is not None:
        import_run.end(row, ImportState.APPLYING, state=ImportState.APPLIED)
        return False
    if row is not None:
        discard(row)
    return True


def step(claim: jobs.Claim) -> None:
    """For a worker: does what the import waits for. It may run twice, but counts once."""

    def beat() -> None:
        if not jobs.renew(claim):
            raise errors.Overtaken()

    db.session.commit()
    row = db.session.get(Import, claim.subject_id, populate_existing=True)
    if row is not None:
        resume(row, beat, asks=True)


def resume(file: Import, beat: import_run.Beat = lambda: None, *, asks: bool = False) -> None:
    """`asks`: whether BitTitan may be asked, which no request does."""
    try:
        if file.state is ImportState.READING:
            read(file, import_run.parts_of(file), beat, asks=asks)
        elif file.state is ImportState.APPLYING:
            apply(file, beat)
    except errors.Overtaken:
        db.session.rollback()


def read(
    file: Import, source: import_file.Source, beat: import_run.Beat = lambda: None,
    expected: ImportKind | None = None, *, asks: bool = True,
) -> None:  # fmt: skip
    """Ends with the preview, or with the reason why there is none. If BitTitan has to be asked, and must not be here, a
    worker goes on."""
    try:
        import_run.read(file, source, beat, expected=expected)
    except import_file.Unreadable as refusal:
        import_run.end(file, ImportState.READING, state=ImportState.UNREADABLE, problem=refusal.message)
        import_run.clear(file.id)
        return
    row = import_run.reload(file)
    if row.attach_count and not asks:
        with transaction():
            _put(row, is_short=False)
        return
    if row.attach_count:
        attaching.check(row, beat)
    import_run.end(file, ImportState.READING, state=ImportState.READ)


def apply(file: Import, beat: import_run.Beat = lambda: None) -> None:
    """Takes the new rows, then attaches the ticked codes."""
    if file.applied_at is None:
        import_apply.apply(file, beat)
    row = import_run.reload(file)
    if row.state is ImportState.APPLYING and row.applied_at is not None:
        attaching.carry_out(row, beat)


def page(before: int | None) -> tuple[list[Import], int | None]:
    """One page, newest first, and the id before which the next page begins."""
    rows = select(Import).options(joinedload(Import.created_by), joinedload(Import.applied_by))
    return paging.newest(rows, Import.id, before, import_run.SHOWN)


def one(import_id: int) -> Import:
    """Raises NotVisible."""
    rows = select(Import).where(Import.id == import_id).options(
        joinedload(Import.created_by), joinedload(Import.applied_by)
    )  # fmt: skip
    row = db.session.scalar(rows.execution_options(populate_existing=True))
    if row is None:
        raise errors.NotVisible()
    return row


def told(file: Import) -> list[str]:
    """What was decided for the whole file, with samples spelt out."""
    return list(reading.told(file.reading, Choices.of(file.choices), KINDS[file.kind].titles)) if file.kind else []


def has_doubts(file: Import) -> bool:
    """Whether a person should look at what was decided."""
    return reading.has_doubts(file.reading)


def findings(file: Import, verdict: RowResult, after: int) -> tuple[list[tuple[int, list[Fault]]], int | None]:
    """One page of lines with their findings, and the line after which the next page begins."""
    rows, further = import_run.page_of(file, verdict, after)
    return [(row.line, json.loads(row.findings or "[]")) for row in rows], further


def remarked(file: Import, after: int) -> tuple[list[Remarked], int | None]:
    """The same for accounts that look like something that is there, with what they are."""
    if file.kind is not ImportKind.ACCOUNTS:
        return [], None
    table = KINDS[file.kind].table.c
    rows, further = import_run.page_of(file, RowResult.REMARKED, after, table.code, table.name)
    return [
        Remarked(row.line, row.code, row.name, [why for _column, why in json.loads(row.findings)]) for row in rows
    ], further


def note_download(file: Import, *, by: User) -> None:
    """The rejects file may contain whole codes, so the download is recorded."""
    with transaction():
        audit.record("import", file.id, "rejects", by=by, after=f"{file.faulty_count} rows of {file.file_name}")


def delete_expired(now: datetime) -> None:
    """Deletes each file's bytes and rows after KEPT. An import that was still under way ends as unreadable."""
    import_rejects.tidy_folder(KEPT)
    is_old = (Import.created_at < now - KEPT, Import.cleared_at.is_(None))
    for import_id in db.session.scalars(select(Import.id).where(*is_old)).all():
        with transaction():
            row = lock(Import, import_id)
            row.run, row.cleared_at = row.run + 1, now
            if row.applied_at is not None:
                row.state = ImportState.APPLIED
            elif row.is_under_way:
                row.state, row.problem = ImportState.UNREADABLE, _("It was not read completely.")
        import_run.clear(import_id)


def _new(name: str, by: User | None, choices: Choices) -> Import:
    row = Import(
        state=ImportState.READING, file_name=import_file.clean_name(name), size=0, created_at=clock.now(),
        created_by_id=by.id if by else None, choices=choices.as_json(),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def _is_short(row: Import, rows: int) -> bool:
    return row.size <= AT_ONCE and rows <= ROWS_AT_ONCE


def _put(row: Import, is_short: bool) -> None:
    waits = _RESCUE if is_short else timedelta(0)
    jobs.schedule(JobKind.IMPORT, row.id, clock.now() + waits)


def _at_once(row: Import, is_short: bool) -> Import:
    if is_short:
        resume(import_run.reload(row))
    return row
