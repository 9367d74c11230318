"""The stored files of issued documents. A file is made once; a download never makes it again.

The PDF follows the number as a job. The logo is the company's when the PDF is made: it is not part of what is said.
"""

import hashlib
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import side_process
from portal.core import audit, clock
from portal.core.errors import Conflict, NotVisible
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.extensions import db, settings
from portal.models import DocumentKind, Invoice, InvoiceDocument, User
from portal.providers.einvoice import pdf
from portal.providers.einvoice.document import Document, Logo, texts
from portal.providers.einvoice.errors import DocumentError, MissingGlyph
from portal.providers.einvoice.glyphs import missing_glyphs
from portal.services import alerts
from portal.services.company import logos
from portal.services.invoicing.documents import stored_content

Value = TypeVar("Value")
ALERT = "invoice-pdf"
DRAFT = "DRAFT"
"""In place of the number."""
MOST_LEFT_OUT = 200
"""Of the characters, beside the file; its history has all."""
_FORMATS = {"image/png": "png", "image/jpeg": "jpg"}


def stored(invoice: Invoice, kind: DocumentKind) -> InvoiceDocument:
    """With its content. The caller has checked that the person sees the invoice. Raises NotVisible."""
    where = (InvoiceDocument.invoice_id == invoice.id, InvoiceDocument.kind == kind)
    row = db.session.scalar(select(InvoiceDocument).where(*where))
    if row is None:
        raise NotVisible()
    return row


def make_pdf(invoice_id: int) -> datetime | None:
    """A step of the worker. What cannot be printed raises an alert, and waits for a person."""
    if has_pdf(invoice_id):
        return None
    number, said = db.session.execute(select(Invoice.number, Invoice.content).where(Invoice.id == invoice_id)).one()
    try:
        content = _rendered(invoice_id, stored_content.from_json(said))
    except DocumentError as wrong:
        _raise_alert(number, wrong)
        return None
    _keep(invoice_id, content)
    return None


def unprintable(invoice: Invoice) -> str:
    """The characters that no font has, of an issued document without a PDF."""
    return _lacking(stored_content.from_json(invoice.content))


@dataclass(frozen=True)
class LeftOut:
    """What is lost if a document is printed without the characters that no font has."""

    characters: str
    texts: list[tuple[str, str]]
    """Each text that has some, and how it would be printed."""


def left_out(invoice: Invoice) -> LeftOut:
    document = stored_content.from_json(invoice.content)
    characters = _lacking(document)
    lossy = [text for text in dict.fromkeys(texts(document)) if set(text) & set(characters)]
    return LeftOut(characters, [(text, _without(text, characters)) for text in lossy])


def print_without(invoice: Invoice, *, seen: str, by: User) -> str:
    """A person decides to print without the characters that no font has, and has `seen` them; returns them. They stay
    on record, and the XML keeps them. Raises Conflict if there is a PDF, or if they are not what was seen."""
    if has_pdf(invoice.id):
        raise Conflict(_("Its PDF was made a moment before."))
    document = stored_content.from_json(invoice.content)
    characters = _lacking(document)
    if characters != seen:
        raise Conflict(_("What cannot be printed is not what you saw. Look, then press again."))
    _keep(invoice.id, _rendered(invoice.id, _without(document, characters)), left_out=characters, by=by)
    return characters


def of_draft(document: Document) -> bytes:
    """What a draft would say if it was issued today, as PDF; without XML, and never stored. Raises Conflict if it
    cannot be printed."""
    document = replace(_with_logo(document), number=DRAFT)
    characters = _lacking(document)
    db.session.commit()  # rendering takes a while: no reading transaction stays open
    try:
        return _made(_without(document, characters) if characters else document, None)
    except DocumentError as wrong:
        raise Conflict(_("It cannot be printed. %(reason)s", reason=str(wrong))) from wrong


def _lacking(document: Document) -> str:
    return missing_glyphs("".join(texts(document)), settings().invoice_fonts)


def has_pdf(invoice_id: int) -> bool:
    where = (InvoiceDocument.invoice_id == invoice_id, InvoiceDocument.kind == DocumentKind.PDF)
    return db.session.scalar(select(InvoiceDocument.id).where(*where)) is not None


def _rendered(invoice_id: int, document: Document) -> bytes:
    document = _with_logo(document)
    where = (InvoiceDocument.invoice_id == invoice_id, InvoiceDocument.kind == DocumentKind.FACTUR_X)
    factur_x = db.session.scalar(select(InvoiceDocument.content).where(*where))
    db.session.commit()  # rendering takes a while: no reading transaction stays open
    return _made(document, factur_x)


def _made(document: Document, factur_x: bytes | None) -> bytes:
    return side_process.call(pdf.render, document, factur_x, settings().invoice_fonts)


def _with_logo(document: Document) -> Document:
    logo = logos.stored()
    return document if logo is None else replace(document, logo=Logo(_FORMATS[logo.kind], logo.content))


def _keep(invoice_id: int, content: bytes, *, left_out: str = "", by: User | None = None) -> None:
    digest = hashlib.sha256(content).hexdigest()
    try:
        with transaction():
            values = {"invoice_id": invoice_id, "kind": DocumentKind.PDF, "content": content, "size": len(content)}
            shown = left_out if len(left_out) <= MOST_LEFT_OUT else f"{left_out[: MOST_LEFT_OUT - 1]}…"
            db.session.add(InvoiceDocument(**values, sha256=digest, left_out=shown, made_at=clock.now()))
            who = by or audit.process_for(audit.last_person("invoice", invoice_id, "issue"))
            audit.record("invoice", invoice_id, "pdf", by=who, field="sha256", after=digest, why=left_out or None)
    except IntegrityError:  # another worker was faster; its file is the same, and stays
        return


def _raise_alert(number: str, wrong: DocumentError) -> None:
    said = f"no font has {wrong.characters}" if isinstance(wrong, MissingGlyph) else str(wrong)
    with transaction():
        alerts.raise_once(ALERT, f"The PDF of {number} was not made: {said}.", clock.now())


def _without(value: Value, characters: str) -> Value:
    """A copy of the document whose texts lack these characters. Names that would be empty become a question mark."""
    if isinstance(value, str) and type(value) is str:
        kept = value.translate({ord(each): None for each in characters})
        return kept if kept.strip() or not value.strip() else "?"
    if isinstance(value, tuple):
        return tuple(_without(each, characters) for each in value)
    if is_dataclass(value):
        return replace(value, **{each.name: _without(getattr(value, each.name), characters) for each in fields(value)})
    return value
