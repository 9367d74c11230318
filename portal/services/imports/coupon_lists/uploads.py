"""Uploaded lists of coupons: kept for some days, read as a person says, then compared. Nothing is changed by reading.

The bytes are in the database, which all machines share. How a file was read is remembered for the next one with the
same headings.
"""

import hashlib
import io
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import joinedload

from portal.core import audit, clock
from portal.core.errors import Conflict, InvalidInput, NotVisible, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import CouponUpload, CouponUploadPart, ReconciliationRun, ReconciliationState, Right, User
from portal.services.imports import import_columns
from portal.services.imports.coupon_lists import coupon_columns, masking, preview
from portal.services.imports.coupon_lists.coupon_columns import CouponFile, Mapping
from portal.services.imports.import_file import Source, StoredParts, Unreadable, clean_name
from portal.services.imports.reading import NO_CHOICES, Choices
from portal.services.reconciliation.scanning import runs
from portal.services.reconciliation.scanning.runs import RunScope

KEPT = timedelta(days=7)
MOST_BYTES = 50 * 1024 * 1024
_PART = 512 * 1024
SUBJECT = "coupon list"
"""In the audit log."""


def receive(*, file: BinaryIO, name: str, by: User) -> CouponUpload:
    """Stores the bytes, and reads them as the last file with these headings was read. Raises NotAllowed, and
    InvalidInput if it is no CSV file."""
    runs.check_may_use(by)
    row = _store(file, name, by)
    try:
        signature = _signature(coupon_columns.heading_of(source_of(row), NO_CHOICES).cells)
        like = _remembered(signature)
        read = _look(row, like.mapping if like else {}, Choices.of(like.choices) if like else NO_CHOICES)
    except Unreadable as refusal:
        with transaction():
            db.session.delete(lock(CouponUpload, row.id))
        raise InvalidInput("file", refusal.message) from refusal
    with transaction():
        row = lock(CouponUpload, row.id)
        _keep(row, read)
        audit.record(SUBJECT, row.id, "upload", by=by, after=row.file_name)
    return row


def one(viewer: User, upload_id: int) -> CouponUpload:
    """Raises NotVisible, also for one that has been deleted."""
    row = db.session.scalar(_fresh().where(CouponUpload.id == upload_id))
    if row is None or not viewer.may(Right.USE_TOOLS) or row.cleared_at is not None:
        raise NotVisible()
    return row


def compared_before(upload: CouponUpload) -> CouponUpload | None:
    """The newest upload of the very same bytes that was compared."""
    same = (CouponUpload.sha256 == upload.sha256, CouponUpload.run_id.is_not(None))
    return db.session.scalar(_fresh().where(*same).order_by(CouponUpload.id.desc()).limit(1))


def remembered_from(upload: CouponUpload) -> CouponUpload | None:
    """An earlier upload with these headings, whose columns and choices this one has."""
    row = _remembered(upload.signature, before=upload.id)
    return row if row is not None and (row.mapping, row.choices) == (upload.mapping, upload.choices) else None


def read_again(
    upload: CouponUpload, *, version: int, mapping: Mapping, choices: Choices, is_remembered: bool, by: User
) -> None:
    """Raises NotAllowed, StaleVersion, Conflict, and InvalidInput if it cannot be read with that encoding."""
    runs.check_may_use(by)
    try:
        read = _look(upload, mapping, choices)
    except Unreadable as refusal:
        raise InvalidInput("letters", refusal.message) from refusal
    with transaction():
        row = _lock(upload, version)
        if row.run_id is not None and _is_being_read(row.run_id):
            raise Conflict(_("A comparison is reading this file. Wait until it has ended, or stop it."))
        _keep(row, read)
        row.is_remembered, row.version = is_remembered, row.version + 1
        audit.record(SUBJECT, row.id, "read again", by=by)


def compare(upload: CouponUpload, *, version: int, scoped: RunScope, is_whole: bool, by: User) -> ReconciliationRun:
    """Begins a run with it; the worker reads it. Raises NotAllowed, StaleVersion, InvalidInput, and Conflict while
    another is under way."""
    runs.check_may_use(by)
    if upload.preview.get("problem"):
        raise Conflict(upload.preview["problem"])

    def take(run_id: int) -> None:
        _lock(upload, version).run_id = run_id

    return runs.begin_with_file(scoped, name=upload.file_name, is_whole=is_whole, by=by, take=take)


def of_run(run_id: int) -> CouponUpload | None:
    """What a run reads. The same file may have been compared before."""
    return db.session.scalar(_fresh().where(CouponUpload.run_id == run_id))


def file_of(upload: CouponUpload) -> CouponFile:
    """As a person said that it is read. Raises Unreadable, also if it was deleted."""
    return coupon_columns.open_list(source_of(upload), upload.mapping, Choices.of(upload.choices))


def discard(upload: CouponUpload, *, version: int, by: User) -> None:
    """Deletes what the file held. Raises NotAllowed, StaleVersion."""
    runs.check_may_use(by)
    with transaction():
        _clear(_lock(upload, version), clock.now())
        audit.record(SUBJECT, upload.id, "discard", by=by)


def delete_expired(now: datetime) -> None:
    """Deletes each file after KEPT."""
    is_old = (CouponUpload.made_at < now - KEPT, CouponUpload.cleared_at.is_(None))
    for upload_id in db.session.scalars(select(CouponUpload.id).where(*is_old)).all():
        with transaction():
            _clear(lock(CouponUpload, upload_id), now)


def source_of(upload: CouponUpload) -> Source:
    """The bytes, from the database, with one part in memory at a time."""

    def part(number: int) -> bytes | None:
        is_part = (CouponUploadPart.upload_id == upload_id, CouponUploadPart.number == number)
        return db.session.scalar(select(CouponUploadPart.content).where(*is_part))

    upload_id = upload.id
    return lambda: io.BufferedReader(StoredParts(part))


def _store(file: BinaryIO, name: str, by: User) -> CouponUpload:
    """Raises InvalidInput."""
    digest = hashlib.sha256()
    with transaction():
        row = CouponUpload(
            file_name=clean_name(name), size=0, sha256="", signature="", made_by_id=by.id, made_at=clock.now(),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        for number, part in enumerate(iter(lambda: file.read(_PART), b"")):
            row.size += len(part)
            digest.update(part)
            if row.size > MOST_BYTES:
                raise InvalidInput("file", _("The file is too large. Divide it into several."))
            values = {"upload_id": row.id, "number": number, "content": part}
            db.session.execute(insert(CouponUploadPart.__table__), values)
        row.sha256 = digest.hexdigest()
    return row


def _look(upload: CouponUpload, mapping: Mapping, choices: Choices) -> dict[str, Any]:
    """How it is read, and what that gives. Raises Unreadable."""
    source = source_of(upload)
    heads = coupon_columns.heading_of(source, choices).cells
    named = {name: head for name, head in mapping.items() if not head or head in heads}
    found = preview.look(source, named, choices)
    return {"heads": heads, "mapping": named, "choices": choices.as_json(), "preview": found}


def _keep(row: CouponUpload, read: dict[str, Any]) -> None:
    """Inside a transaction that holds the row."""
    row.signature = _signature(read["heads"])
    for name, value in read.items():
        setattr(row, name, value)


def _signature(heads: list[str]) -> str:
    return hashlib.sha256("\n".join(map(import_columns.key_of, heads)).encode()).hexdigest()


def _remembered(signature: str, before: int | None = None) -> CouponUpload | None:
    rows = _fresh().where(CouponUpload.signature == signature, CouponUpload.is_remembered)
    rows = rows if before is None else rows.where(CouponUpload.id < before)
    return db.session.scalar(rows.order_by(CouponUpload.id.desc()).limit(1))


def _fresh() -> Select[tuple[CouponUpload]]:
    return select(CouponUpload).options(joinedload(CouponUpload.made_by)).execution_options(populate_existing=True)


def _lock(upload: CouponUpload, version: int) -> CouponUpload:
    """Inside a transaction. Raises StaleVersion, Conflict."""
    row = lock(CouponUpload, upload.id)
    if row.cleared_at is not None:
        raise Conflict(_("This file has been deleted. Upload it again."))
    if row.version != version:
        raise StaleVersion(_changed())
    return row


def _is_being_read(run_id: int) -> bool:
    is_reading = (ReconciliationRun.id == run_id, ReconciliationRun.state == ReconciliationState.LISTING)
    return db.session.scalar(select(ReconciliationRun.id).where(*is_reading)) is not None


def _changed() -> str:
    return _("Somebody has changed how this file is read. Look at the preview first.")


def _clear(row: CouponUpload, now: datetime) -> None:
    """Inside a transaction. Headings are kept as a digest alone: a file without a heading has a code there."""
    db.session.execute(delete(CouponUploadPart).where(CouponUploadPart.upload_id == row.id))
    row.heads, row.preview, row.cleared_at = [], {}, now
    if any(map(masking.may_hold_code, row.mapping.values())):
        row.mapping, row.is_remembered = {}, False
