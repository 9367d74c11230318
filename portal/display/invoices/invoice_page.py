"""The view model of an invoice's page, for both areas."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property

from markupsafe import Markup

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.display.invoices.invoice_files import WORDS, FileWords, file_name
from portal.display.invoices.invoice_states import face
from portal.models import Invoice, InvoiceDocument, InvoiceTax, TaxCategory, User
from portal.services.invoicing import invoice_page
from portal.services.invoicing.invoice_page import Around, PdfState, transfer
from portal.services.invoicing.invoice_page.transfer import Transfer
from portal.web.filters import basis_points, day

CATEGORIES = {
    TaxCategory.STANDARD: lazy("standard rate"),
    TaxCategory.ZERO: lazy("zero rate"),
    TaxCategory.EXEMPT: lazy("exempt"),
    TaxCategory.REVERSE_CHARGE: lazy("reverse charge"),
    TaxCategory.EXPORT: lazy("export"),
    TaxCategory.OUTSIDE: lazy("outside the scope of VAT"),
    TaxCategory.INTRA_COMMUNITY: lazy("delivery within the EU"),
}


class InvoicePage:
    def __init__(self, invoice: Invoice, viewer: User):
        self.invoice = invoice
        self.around: Around = invoice_page.around(invoice, viewer)

    @property
    def title(self) -> str:
        return self.invoice.number or _("Draft for %(name)s", name=self.invoice.buyer_name)

    @property
    def credited(self) -> int:
        return self.around.credited

    @property
    def days_overdue(self) -> int:
        return self.invoice.days_overdue(clock.today())

    @property
    def tags(self) -> list[str]:
        """What the badge does not say: how much was credited, whatever that settled, and whether a part was paid."""
        tags = []
        if any(line.credited for line in self.invoice.lines):
            is_left = any(line.left for line in self.invoice.lines)
            tags.append(_("Partly credited") if is_left else _("Credited in full"))
        if self._is_partly_paid:
            tags.append(_("Partly paid"))
        said = face(self.invoice, self.credited, clock.today()).text
        return [tag for tag in tags if tag != said]

    @property
    def _is_partly_paid(self) -> bool:
        is_open = self.invoice.open and not self.invoice.is_draft and not self.invoice.is_credit_note
        return bool(is_open) and self.invoice.settled > self.credited

    @property
    def period(self) -> str:
        """The days of delivery."""
        first, last = self.invoice.period_from, self.invoice.period_until
        if first is None or last is None or first == last:
            return day(last or first).striptags()
        return _("%(first)s to %(last)s", first=day(first).striptags(), last=day(last).striptags())

    @property
    def taxes(self) -> Iterator[tuple[str, InvoiceTax]]:
        """Of an issued one, with their words."""
        for tax in self.invoice.taxes:
            rate = f", {basis_points(tax.rate)}%" if tax.rate else ""
            yield f"{tax.category.value}, {CATEGORIES[tax.category]}{rate}", tax

    @property
    def files(self) -> Iterator[tuple[InvoiceDocument, str, FileWords]]:
        """With their names, in the order of their kinds."""
        kinds = list(WORDS)
        for document in sorted(self.around.documents, key=lambda each: kinds.index(each.kind)):
            yield document, file_name(self.invoice.number, document.kind), WORDS[document.kind]

    @property
    def has_pdf(self) -> bool:
        return self.around.pdf is PdfState.STORED

    @property
    def is_waiting_for_pdf(self) -> bool:
        return not self.invoice.is_draft and self.around.pdf is PdfState.BEING_MADE

    @property
    def age(self) -> float:
        """Seconds since it was issued."""
        issued_at = self.invoice.issued_at
        return (datetime.now(UTC) - issued_at).total_seconds() if issued_at else 0

    @cached_property
    def transfer(self) -> Transfer | None:
        return transfer.of(self.invoice)

    @property
    def code(self) -> Markup | None:
        """The drawing within the QR code."""
        found = self.transfer and self.transfer.code
        return Markup(found) if found else None

    @property
    def overdue_words(self) -> str:
        return ngettext(
            "That was %(num)s day ago.", "That was %(num)s days ago.", self.days_overdue
        ) if self.days_overdue else ""  # fmt: skip


def size(number: int) -> str:
    """Of a file, such as 84 KB."""
    return _("%(size)s KB", size=max(1, round(number / 1024)))
