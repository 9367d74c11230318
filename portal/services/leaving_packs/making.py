"""Makes a leaving pack in the worker.

The ZIP is cut into parts while it is written: memory does not grow with it. The reveals of the codes in a batch are
recorded in the transaction that keeps the batch. A worker that begins again writes all of it anew, but records no
reveal twice.
"""

import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Row, insert, select, update

from portal.core import audit, clock
from portal.core.csv_safe import BYTE_ORDER_MARK, text_of
from portal.core.errors import Overtaken
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, AuditEntry, Invoice, InvoiceDocument, LeavingPack, LeavingPackPart, LeavingPackState
from portal.services import jobs, leaving_packs
from portal.services.invoicing.exports.archive import Sink, name_of
from portal.services.leaving_packs import FIELD, REVEAL, readme, sheets
from portal.services.leaving_packs.keyset import batches
from portal.services.leaving_packs.sheets import Batch, Sheet
from portal.services.leaving_packs.story import story

PART = 256 * 1024
RENEW_AFTER = 10
"""Seconds; a lease is longer."""
NOTES = 1
"""Seconds between two notes of how far it is, where nothing else has to be written."""
MADE = "leaving pack made"
_AS_IS = {"synchronize_session": False}
Beat = Callable[[], None]


def step(claim: jobs.Claim) -> None:
    def beat() -> None:
        if not jobs.renew(claim):
            raise Overtaken()

    make(claim.subject_id, beat)


def make(pack_id: int, beat: Beat = lambda: None) -> None:
    try:
        pack = _begin(pack_id)
        if pack is not None:
            _make(pack, beat)
    except Overtaken:
        db.session.rollback()


def _begin(pack_id: int) -> LeavingPack | None:
    with transaction():
        row = lock(LeavingPack, pack_id)
        if not row.is_making:
            return None
        row.run, row.size, row.rows_done, row.file = row.run + 1, 0, 0, ""
    leaving_packs.drop_parts(pack_id)
    return leaving_packs.one(pack_id)


def _make(pack: LeavingPack, beat: Beat) -> None:
    account, archive = pack.account, _Archive(pack, beat)
    counts = {sheet: archive.sheet(sheet, account) for sheet in (sheets.accounts(), sheets.orders(), sheets.invoices())}
    documents = _add_documents(archive, account)
    counts |= {sheet: archive.sheet(sheet, account) for sheet in (story(), sheets.assets())}
    archive.document("README.txt", readme.text_of(pack, counts, documents).encode(), clock.now())
    archive.close()


def _add_documents(archive: "_Archive", account: Account) -> int:
    rows = (
        select(Invoice.number, InvoiceDocument.kind, InvoiceDocument.made_at, Invoice.issued_on, InvoiceDocument.id)
        .join(InvoiceDocument, InvoiceDocument.invoice_id == Invoice.id)
        .where(sheets.is_billed_to(account))
    )
    total = 0
    for found in batches(rows, Invoice.issued_on, InvoiceDocument.id):
        for row in found:
            archive.document(_path(row), _content(row.id), row.made_at)
            total += 1
    return total


def _path(row: Row) -> str:
    return f"invoices/{row.issued_on:%Y-%m-%d}/{name_of(row.number, row.kind)}"


def _content(document_id: int) -> bytes:
    return db.session.scalar(select(InvoiceDocument.content).where(InvoiceDocument.id == document_id))


class _Archive:
    def __init__(self, pack: LeavingPack, beat: Beat):
        self._pack_id, self._run, self._by = pack.id, pack.run, pack.ordered_by
        self._name = leaving_packs.number(pack)
        self._sink, self._beat, self._beaten_at = Sink(), beat, time.monotonic()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._waiting, self._number, self._size = bytearray(), 0, 0
        self._noted_at = self._beaten_at

    def sheet(self, sheet: Sheet, account: Account) -> int:
        """Returns the number of its rows."""
        total = 0
        with self._zip.open(_entry(sheet.name, clock.now()), "w", force_zip64=True) as file:
            file.write((BYTE_ORDER_MARK + text_of([sheet.heads])).encode())
            for batch in sheet.read(account):
                file.write(text_of(batch.lines).encode("utf-8", "replace"))
                total += len(batch.lines)
                self._keep(sheet.name, total, batch)
        return total

    def document(self, name: str, content: bytes, made_at: datetime) -> None:
        self._zip.writestr(_entry(name, made_at), content)
        self._keep(name.partition("/")[0], 0)

    def close(self) -> None:
        self._zip.close()
        with transaction():
            self._write("", 0, is_last=True)
            now = clock.now()
            ready = {"state": LeavingPackState.READY, "ready_at": now, "expires_at": now + leaving_packs.KEPT}
            self._note(**ready)
            account_id = db.session.scalar(select(LeavingPack.account_id).where(LeavingPack.id == self._pack_id))
            audit.record("account", account_id, MADE, by=audit.ForPerson(self._by), after=self._name)

    def _keep(self, file: str, rows: int, batch: Batch | None = None) -> None:
        self._waiting += self._sink.taken()
        revealed, is_due = batch.revealed if batch else (), time.monotonic() - self._noted_at > NOTES
        if revealed or is_due or len(self._waiting) >= PART:
            with transaction():
                self._write(file, rows)
                self._record_reveals(revealed)
            self._noted_at = time.monotonic()
        if time.monotonic() - self._beaten_at > RENEW_AFTER:
            self._beat()
            self._beaten_at = time.monotonic()

    def _write(self, file: str, rows: int, *, is_last: bool = False) -> None:
        """Inside a transaction. Raises Overtaken."""
        self._waiting += self._sink.taken()
        part = bytes(self._waiting) if is_last or len(self._waiting) >= PART else b""
        self._size += len(part)
        self._note(file=file[:40], rows_done=rows, size=self._size)
        if part:
            values = {"pack_id": self._pack_id, "number": self._number, "content": part}
            db.session.execute(insert(LeavingPackPart.__table__), values)
            self._waiting.clear()
            self._number += 1

    def _note(self, **values: object) -> None:
        row = (LeavingPack.id == self._pack_id, LeavingPack.run == self._run)
        row += (LeavingPack.state == LeavingPackState.MAKING,)
        if not db.session.execute(update(LeavingPack).where(*row).values(values), execution_options=_AS_IS).rowcount:
            raise Overtaken()

    def _record_reveals(self, asset_ids: Sequence[int]) -> None:
        """Inside a transaction."""
        new = set(asset_ids) - self._recorded(asset_ids)
        if new:
            more = {"by": self._by, "at": clock.now(), "field": FIELD, "after": self._name}
            rows = [audit.entry("asset", asset_id, REVEAL, **more) for asset_id in sorted(new)]
            db.session.execute(insert(AuditEntry), rows)

    def _recorded(self, asset_ids: Sequence[int]) -> set[int]:
        """By an earlier run."""
        if self._run == 1 or not asset_ids:
            return set()
        rows = select(AuditEntry.subject_id).where(
            AuditEntry.subject == "asset", AuditEntry.subject_id.in_(asset_ids), AuditEntry.act == REVEAL,
            AuditEntry.field == FIELD, AuditEntry.after == self._name,
        )  # fmt: skip
        return set(db.session.scalars(rows))


def _entry(name: str, made_at: datetime) -> zipfile.ZipInfo:
    information = zipfile.ZipInfo(name, date_time=made_at.timetuple()[:6])
    information.compress_type = zipfile.ZIP_DEFLATED
    return information
