"""The stored files of an invoice as downloads: the bytes as they were stored, never made again."""

from typing import NamedTuple

from flask import Response, request

from portal.core import billing_access
from portal.core.errors import NotVisible
from portal.core.i18n import lazy
from portal.models import DocumentKind, InvoiceDocument, User
from portal.web.pages.downloads import disposition


class FileWords(NamedTuple):
    suffix: str
    media_type: str
    name: str
    use: str
    """For buyers."""


WORDS = {
    DocumentKind.PDF: FileWords(
        "pdf", "application/pdf", lazy("PDF/A-3 with the data inside"),
        lazy("For people; holds the data for your software, too"),
    ),
    DocumentKind.FACTUR_X: FileWords(
        "cii.xml", "application/xml", lazy("Factur-X and ZUGFeRD, EN 16931"), lazy("For accounting software"),
    ),
    DocumentKind.XRECHNUNG: FileWords(
        "xrechnung.xml", "application/xml", lazy("XRechnung"), lazy("For public buyers in Germany"),
    ),
    DocumentKind.PEPPOL: FileWords(
        "ubl.xml", "application/xml", lazy("Peppol BIS Billing 3"), lazy("For the Peppol network"),
    ),
}  # fmt: skip


def file_name(number: str, kind: DocumentKind) -> str:
    return f"{number}.{WORDS[kind].suffix}"


def download(viewer: User, invoice_id: int, word: str) -> Response:
    """`word`: of the kind. Raises NotVisible for an invoice that the viewer does not see, and for what is not
    stored."""
    kind = next((kind for kind in DocumentKind if kind.value == word), None)
    if kind is None:
        raise NotVisible()
    number, document = billing_access.visible_document(viewer, invoice_id, kind)
    return _answer(number, document)


def _answer(number: str, document: InvoiceDocument) -> Response:
    response = Response(document.content, mimetype=WORDS[document.kind].media_type)
    response.headers["Content-Disposition"] = disposition(file_name(number, document.kind))
    response.set_etag(document.sha256)
    return response.make_conditional(request)
