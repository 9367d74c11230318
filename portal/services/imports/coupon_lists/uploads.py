"""Uploaded lists of coupons: stored in the request, looked at by a person, and read by the worker (__init__.py)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import BufferedReader
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO

from sqlalchemy import delete, exists, insert, select

from portal.core import clock
from portal.core.audit import Actor
from portal.core.errors import Conflict, InvalidInput, NotVisible
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    CouponUpload,
    CouponUploadPart,
    ReconciliationRun,
    ReconciliationState,
    User,
)
from portal.models.text_keys import fold
from portal.services.imports import MOST_BYTES, MOST_ROWS, import_run
from portal.services.imports.coupon_lists import coupon_columns, coupon_lines
from portal.services.imports.coupon_lists.coupon_columns import CouponFile, Mapping
from portal.services.imports.import_columns import Cells
from portal.services.imports.import_file import CsvReader, FileFormat, Source, format_of
from portal.services.imports.reading import NO_CHOICES, Choices
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.runs import EVERYTHING, Scoped

KEPT = timedelta(days=1)
"""A file that nobody had compared. One that was is deleted as soon as it is read."""
SHOWN, SURVEYED = 10, 1000
"""Lines that a preview shows, and those that it looks at."""
_PART = 512 * 1024


@dataclass(frozen=True)
class ShownLine:
    line: int
    cells: dict[str, str]
    """By field. Of a code only its last characters."""
    faults: list[tuple[str, str]]
    """Columns and sentences."""


@dataclass(frozen=True)
class Preview:
    lines: list[ShownLine]
    is_doubtful: bool
    """Dates can be read in two ways: a person has to choose one, or their lines are refused."""


def receive(*, file: BinaryIO, name: str, by: Actor) -> CouponUpload:
    """Stores the bytes. Raises Unreadable if they are no list with a heading, InvalidInput if there are too many,
    NotVisible, NotAllowed."""
    runs.check_may_use(by)
    with transaction():
        row = CouponUpload(
            file_name=_clean(name), size=0, encoding="", handling="", heads=[], heads_key="", made_at=clock.now(),
            made_by_id=by.id if isinstance(by, User) else None,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        _store(row, file)
        found = format_of(_source(row))
        row.encoding, row.handling = found.encoding, found.handling
        row.heads = _heads(row, found)
        row.heads_key = hashlib.sha256(repr([fold(head) for head in row.heads]).encode()).hexdigest()
    return row


def visible(viewer: User, upload_id: int) -> CouponUpload:
    """Raises NotVisible: only who uploaded a file sees it, and only until it is compared."""
    row = db.session.get(CouponUpload, upload_id, populate_existing=True)
    runs.check_may_use(viewer)
    if row is None or row.made_by_id != viewer.id or row.run_id is not None:
        raise NotVisible()
    return row


def proposed(upload: CouponUpload) -> dict[str, str]:
    """A heading by field: as the newest file with the same columns was read, or by their names."""
    is_same = (CouponUpload.heads_key == upload.heads_key, CouponUpload.run_id.is_not(None))
    last = db.session.scalar(
        select(CouponUpload.mapping).where(*is_same).order_by(CouponUpload.id.desc()).limit(1)
    )  # fmt: skip
    return coupon_columns.proposed(upload.heads) | (last or {})


def preview(upload: CouponUpload, *, mapping: Mapping, choices: Choices = NO_CHOICES) -> Preview:
    """The first lines as they would be read. Raises Unreadable, for a column that is missing or there twice."""
    file, names = _opened(upload, mapping, choices), coupon_lines.Names()
    reading = coupon_lines.survey(islice(file.records(), SURVEYED), choices)
    lines = [_shown(cells, names) for cells in islice(file.records(reading), SHOWN)]
    return Preview(lines, any(each.doubt for each in reading.dates.values()))


def begin(
    upload: CouponUpload, *, is_whole: bool, by: Actor, scoped: Scoped = EVERYTHING, mapping: Mapping | None = None,
    choices: Choices = NO_CHOICES,
) -> ReconciliationRun:  # fmt: skip
    """Begins the run for which the worker reads the file. `mapping`: headings by field, where a person has chosen
    them. Raises Unreadable, and what `runs.begin` raises."""
    runs.check_may_use(by)
    _check_unused(db.session.get_one(CouponUpload, upload.id, populate_existing=True))
    _opened(upload, mapping or {}, choices)

    def take(run_id: int) -> None:
        row = lock(CouponUpload, upload.id)
        _check_unused(row)
        row.run_id, row.mapping, row.choices = run_id, dict(mapping or {}), choices.as_json()

    return runs.begin_with_file(scoped, name=upload.file_name, is_whole=is_whole, by=by, take=take)


def of_run(run_id: int) -> CouponUpload | None:
    return db.session.scalar(select(CouponUpload).where(CouponUpload.run_id == run_id))


def file_of(upload: CouponUpload) -> CouponFile:
    """As a person said that it is read. Raises Unreadable if the bytes are gone."""
    return _opened(upload, upload.mapping, Choices.of(upload.choices))


def forget(run_id: int) -> None:
    """Inside a transaction. Deletes the bytes; how the file was read stays."""
    uploads = select(CouponUpload.id).where(CouponUpload.run_id == run_id)
    db.session.execute(delete(CouponUploadPart).where(CouponUploadPart.upload_id.in_(uploads)))


def delete_expired(now: datetime) -> None:
    """Files that nobody had compared, and the bytes of those whose run reads no more."""
    is_read = exists().where(
        ReconciliationRun.id == CouponUpload.run_id, ReconciliationRun.state == ReconciliationState.LISTING
    )
    is_left = CouponUpload.made_at < now - KEPT
    unused = select(CouponUpload.id).where(CouponUpload.run_id.is_(None), is_left)
    with transaction():
        left = select(CouponUpload.id).where(is_left, ~is_read)
        db.session.execute(delete(CouponUploadPart).where(CouponUploadPart.upload_id.in_(left)))
        db.session.execute(delete(CouponUpload).where(CouponUpload.id.in_(unused)))


def _check_unused(row: CouponUpload) -> None:
    if row.run_id is not None:
        raise Conflict(_("This file has been compared already. Upload it again."))


def _store(row: CouponUpload, file: BinaryIO) -> None:
    ends = [0, 0]
    for number, part in enumerate(iter(partial(file.read, _PART), b"")):
        row.size += len(part)
        ends = [count + part.count(end) for count, end in zip(ends, (b"\n", b"\r"), strict=True)]
        if row.size > MOST_BYTES:
            raise InvalidInput("file", _("The file is too large. Divide it into several."))
        if max(ends) > MOST_ROWS:
            most = f"{MOST_ROWS:,}"
            raise InvalidInput("file", _("The file has more than %(most)s rows. Divide it into several.", most=most))
        values = {"upload_id": row.id, "number": number, "content": part}
        db.session.execute(insert(CouponUploadPart.__table__), values)


def _heads(row: CouponUpload, file_format: FileFormat) -> list[str]:
    with _source(row)() as raw:
        return CsvReader(raw, file_format).heading(lambda heads: len(coupon_columns.proposed(heads)))


def _source(row: CouponUpload) -> Source:
    return lambda: BufferedReader(import_run.Parts(CouponUploadPart.upload_id, row.id))


def _opened(row: CouponUpload, mapping: Mapping, choices: Choices) -> CouponFile:
    found = FileFormat(row.encoding, row.handling)
    if choices.letters is not None:
        found = FileFormat(choices.letters, "replace")
    return coupon_columns.open_list(_source(row), found, mapping)


def _shown(cells: Cells, names: coupon_lines.Names) -> ShownLine:
    coupon_lines.coupon_of(cells, names)
    is_long_enough = len(cells.record.cells) >= cells.shape.least
    texts = {name: cells.plain(name) for name in cells.shape.places} if is_long_enough else {}
    if texts.get("code"):
        texts["code"] = f"•••• {texts['code'][-4:]}"
    return ShownLine(cells.record.line, texts, list(cells.faults))


def _clean(name: str) -> str:
    """The last part of a path, with either kind of separator."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(mark for mark in last if mark.isprintable()).strip()[:200] or "file"
