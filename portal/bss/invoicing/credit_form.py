"""The form of a credit note: what is credited, why, and how the credit note would look."""

import uuid
from typing import Self

from flask import request
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import UUID

from portal.bss.assets.asset_forms import plain_lines
from portal.bss.invoicing.draft_forms import DraftForm
from portal.bss.setup.setup_wording import CATEGORIES, rate_text
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import CreditCause, Invoice, InvoiceLine, TaxCategory
from portal.services.invoicing import credit_notes
from portal.services.invoicing.credit_notes import Preview
from portal.web.forms import Text

WHOLE, LINES = "whole", "lines"
CAUSES = {
    CreditCause.NOT_DELIVERED: lazy("Not delivered"),
    CreditCause.CANCELLED: lazy("Cancelled, coupon revoked"),
    CreditCause.PRICE: lazy("Price was wrong"),
    CreditCause.QUANTITY: lazy("Quantity was wrong"),
    CreditCause.TAX: lazy("Tax was wrong"),
    CreditCause.OTHER: lazy("Another reason"),
}


class CreditForm(DraftForm):
    key = HiddenField(validators=[UUID()])
    """Made with the page, so that two presses make one credit note."""
    what = RadioField(
        lazy("What is credited"), choices=[SelectChoice(WHOLE, ""), SelectChoice(LINES, "")], default=WHOLE
    )
    cause = SelectField(lazy("Why"), choices=[SelectChoice(cause.value, text) for cause, text in CAUSES.items()])
    reason = TextAreaField(
        lazy("In words, printed on the credit note"),
        filters=[plain_lines],
        validators=[Text(credit_notes.LONGEST_REASON, empty=lazy("Say why. The buyer reads it on the credit note."))],
    )
    invoice: Invoice
    preview: Preview | None = None
    quantities_error = ""

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        """A link may choose the cause, and lines by their place."""
        asked = {"what": LINES if "line" in request.args else WHOLE, "cause": request.args.get("cause", "")}
        form = cls(data=asked | {"key": str(uuid.uuid4())})
        form.invoice = invoice
        return form

    @staticmethod
    def name_of(line: InvoiceLine) -> str:
        return f"credit-{line.position}"

    def typed(self, line: InvoiceLine) -> str:
        if self.is_submitted():
            return request.form.get(self.name_of(line), "0")
        return str(line.left if str(line.position) in request.args.getlist("line") else 0)

    def quantities(self) -> dict[int, int]:
        """Licences by line id. What is no number is an error."""
        if self.what.data == WHOLE:
            return credit_notes.all_that_is_left(self.invoice)
        found = {}
        for line in self.invoice.lines:
            text = self.typed(line).strip() or "0"
            if not (text.isascii() and text.isdigit() and len(text) < 10):
                self.quantities_error = _("Enter whole numbers of licences: line %(place)s.", place=line.position)
                return {}
            found[line.id] = int(text)
        return found

    def values(self) -> dict:
        return {"cause": CreditCause(self.cause.data), "reason": self.reason.data or ""}

    @property
    def left(self) -> int:
        """What all lines that are left come to, without VAT."""
        return sum(line.left * line.unit_price for line in self.invoice.lines)

    def previewed(self) -> list[tuple[int, int]]:
        """Place on the invoice and licences of what the preview shows: what is issued is this, and no other."""
        places = {line.id: line.position for line in self.invoice.lines}
        return [(places[line.credits_line_id], line.quantity) for line in self.preview.lines]

    def taxes(self) -> list[tuple[str, int]]:
        return self.tax_words(self.preview)

    @staticmethod
    def tax_words(preview: Preview) -> list[tuple[str, int]]:
        """Words and VAT of each category."""
        return [
            (f"{CATEGORIES[TaxCategory(each.tax.category.value)]}, {rate_text(int(each.tax.rate * 100))}", each.vat)
            for each in preview.sums.by_tax
        ]

    @property
    def status(self) -> int:
        return 422 if self.quantities_error and not self.refusal else super().status
