"""The forms of a draft: issue it, give the VAT in the home currency, correct or leave out a line, discard it."""

from typing import Self

from flask import request
from wtforms import StringField, TextAreaField
from wtforms.validators import Optional, ValidationError

from portal.bss.assets.asset_forms import plain_lines
from portal.core import money
from portal.core.errors import StaleVersion
from portal.core.i18n import lazy as _
from portal.models import Invoice, InvoiceLine
from portal.services.invoicing import drafts, exchange
from portal.web.forms import Text, one_line, strip
from portal.web.forms.action_forms import ActForm
from portal.web.forms.days import DayField


class DraftForm(ActForm):
    """Carries the draft's version. A form that is sent without its button is only checked."""

    @property
    def act(self) -> str:
        return request.form.get("act", "")

    def is_pressed(self, *acts: str, of: Invoice | None = None) -> bool:
        """Whether one of these buttons was pressed, the input is valid, and the draft is as the person saw it."""
        is_valid = self.is_submitted() and self.validate()
        if of is not None and self.is_submitted() and self.seen_version() != of.version:
            message = _("Somebody else changed this draft in the meantime. Look at it, then press again.")
            self.refusal = StaleVersion(str(message))
        return is_valid and self.refusal is None and self.act in acts

    def over(self, invoice: Invoice) -> Self:
        """Takes the current version: what is shown now is what the next press means."""
        self.version.data = str(invoice.version)
        return self

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and self.errors else 200


class IssueForm(DraftForm):
    issued_on = DayField(_("Date of the invoice"), validators=[Optional()])
    due_on = DayField(_("Due"), validators=[Optional()])
    po_number = StringField(_("Their order (PO)"), filters=[one_line], validators=[Text(drafts.LONGEST_PO)])

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        return cls(data={"po_number": invoice.po_number})


class ExchangeForm(DraftForm):
    rate = StringField(_("Rate"), filters=[strip], validators=[Text(17)])
    source = StringField(_("Whose rate, of which day"), filters=[one_line], validators=[Text(exchange.LONGEST_SOURCE)])

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        return cls(data=exchange.said(invoice)._asdict())


class ReasonForm(DraftForm):
    reason = TextAreaField(
        _("Reason"),
        filters=[plain_lines],
        validators=[Text(drafts.LONGEST_REASON, empty=_("Say why. It is recorded with your name."))],
    )


class PriceForm(ReasonForm):
    unit_price = StringField(_("Price of one licence"), filters=[strip], validators=[Text(30)])
    reason = TextAreaField(
        _("Reason"),
        filters=[plain_lines],
        validators=[Text(drafts.LONGEST_REASON, empty=_("Say why. It is recorded with your name."))],
    )
    amount = 0
    currency = ""

    @classmethod
    def of(cls, invoice: Invoice, line: InvoiceLine) -> Self:
        form = cls(data={"unit_price": money.major_units(line.unit_price, invoice.currency)})
        form.currency = invoice.currency
        return form

    def validate_unit_price(self, field) -> None:
        try:
            self.amount = money.minor_units(field.data or "", self.currency)
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from wrong
