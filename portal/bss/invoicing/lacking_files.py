"""Why an issued document has no XRechnung, Peppol or Factur-X file, and where to give what was missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.invoices.invoice_files import WORDS
from portal.models import DocumentKind, Invoice, InvoiceDocument, Right, User
from portal.services.invoicing import issuing
from portal.services.invoicing.documents import stored_content
from portal.web.urls import url_for

KINDS = (DocumentKind.FACTUR_X, DocumentKind.XRECHNUNG, DocumentKind.PEPPOL)
_WHY = {
    issuing.THREE_DECIMALS: lazy("Its currency has three decimals, and EN 16931 knows two. The PDF is the invoice."),
    f"{issuing.EMAIL_ALONE}.buyer": lazy("The account had an e-mail address alone: Peppol needs a scheme and a number, "
                                         "such as 9930:DE123456789."),
    f"{issuing.EMAIL_ALONE}.seller": lazy("The company had an e-mail address alone: Peppol needs a scheme and a "
                                          "number, such as 9933:EL123456789."),
    "buyer.electronic_address": lazy("The account had no electronic address."),
    "buyer.address.postcode": lazy("The account had no postcode."),
    "buyer.address.city": lazy("The account had no town."),
    "seller.electronic_address": lazy("The company had no electronic address."),
    "seller.address.postcode": lazy("The company had no postcode."),
    "seller.address.city": lazy("The company had no town."),
    "seller.contact.name": lazy("The company had no contact."),
    "seller.contact.phone": lazy("The company had no telephone number."),
    "seller.contact.email": lazy("The company had no e-mail address."),
    "bank": lazy("The company had no IBAN."),
}  # fmt: skip
_REFERENCE = {
    DocumentKind.XRECHNUNG: lazy("The account had no Leitweg-ID or other buyer reference."),
    DocumentKind.PEPPOL: lazy("The account had no buyer reference, and the order no number of theirs (PO)."),
}


@dataclass(frozen=True)
class Lacking:
    name: str
    """Of the file."""
    sentences: list[str]
    links: list[tuple[str, str]]
    """Where it is given for invoices from now on: address and words."""


def of(invoice: Invoice, stored: Sequence[InvoiceDocument], viewer: User) -> list[Lacking]:
    """Of an issued document. `stored`: the files that there are."""
    kinds = {each.kind for each in stored}
    lacking = [kind for kind in KINDS if kind not in kinds]
    if not lacking or not invoice.content:
        return []
    document = stored_content.from_json(invoice.content)
    return [_lacking(kind, issuing.why_no_file(document, kind), invoice.billed_account_id, viewer) for kind in lacking]


def _lacking(kind: DocumentKind, fields: Sequence[str], account_id: int, viewer: User) -> Lacking:
    sentences = [_sentence(field, kind) for field in fields]
    links = [link for role in ("buyer", "seller") if (link := _link(role, fields, account_id, viewer))]
    return Lacking(str(WORDS[kind].name), sentences or [_("It was not made at the issue.")], links)


def _sentence(field: str, kind: DocumentKind) -> str:
    if field == "buyer_reference":
        return str(_REFERENCE[kind])
    return str(_WHY.get(field) or _("%(field)s was missing.", field=field))


def _link(role: str, fields: Sequence[str], account_id: int, viewer: User) -> tuple[str, str] | None:
    if role == "buyer" and any("buyer" in field for field in fields) and viewer.may(Right.EDIT_ACCOUNTS):
        return url_for("accounts.edit", account_id=account_id), _("Give it on the account")
    is_ours = any("seller" in field or field == "bank" for field in fields)
    if role == "seller" and is_ours and viewer.may(Right.CONFIGURE):
        return url_for("bss.company.edit"), _("Give it for the company")
    return None
