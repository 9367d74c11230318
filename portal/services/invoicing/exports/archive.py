"""The stored documents of some days as a ZIP, made while it is sent: PDF and XML, one folder for each day."""

import io
import zipfile
from collections.abc import Iterator

from sqlalchemy import select

from portal.models import DocumentKind, Invoice, InvoiceDocument
from portal.services.invoicing.exports.journal import Days
from portal.services.lists.exports import stream

ENDINGS = {
    DocumentKind.PDF: "pdf",
    DocumentKind.FACTUR_X: "cii.xml",
    DocumentKind.XRECHNUNG: "xrechnung.xml",
    DocumentKind.PEPPOL: "ubl.xml",
}


def name_of(number: str, kind: DocumentKind) -> str:
    """Patterns of numbers may have a slash."""
    return f"{number.replace('/', '-')}.{ENDINGS[kind]}"


def as_zip(days: Days) -> Iterator[bytes]:
    """Never more than a few documents in memory. Read through a connection of its own."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for rows in stream(_statement(days)):
            for row in rows:
                name = f"{row.issued_on:%Y-%m-%d}/{name_of(row.number, row.kind)}"
                information = zipfile.ZipInfo(name, date_time=row.made_at.timetuple()[:6])
                information.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(information, row.content)
                yield sink.taken()
    yield sink.taken()


def _statement(days: Days):
    return (
        select(
            Invoice.number, Invoice.issued_on, InvoiceDocument.kind, InvoiceDocument.content, InvoiceDocument.made_at
        )
        .join(InvoiceDocument, InvoiceDocument.invoice_id == Invoice.id)
        .where(Invoice.number.is_not(None), Invoice.issued_on.between(days.first, days.last))
        .order_by(Invoice.issued_on, Invoice.id, InvoiceDocument.id)
    )


class Sink(io.RawIOBase):
    """What was written since it was last taken. It cannot seek, so the archive needs no going back."""

    def __init__(self):
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        content, self._parts = b"".join(self._parts), []
        return content
