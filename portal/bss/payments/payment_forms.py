"""The forms of payments. Each carries its key and the version that was shown; without its button it only checks."""

import re
import uuid
from datetime import date
from typing import Any, ClassVar, Self

from flask import request
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, ValidationError

from portal.core import clock, money
from portal.core.errors import Conflict
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import Invoice, PaymentSource
from portal.services.invoicing.payments import recording
from portal.services.invoicing.payments.reading import Settled
from portal.services.invoicing.payments.recording import Received
from portal.services.invoicing.payments.refunds import Refund
from portal.services.invoicing.payments.reversals import LONGEST_REASON
from portal.services.invoicing.payments.sources import LONGEST_NOTE, LONGEST_REFERENCE
from portal.services.invoicing.payments.standing import NOTHING, Standing
from portal.web.filters import money as written
from portal.web.forms import LongSelect, Text, one_line, strip
from portal.web.forms.action_forms import ActForm
from portal.web.forms.days import DayField

_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY = lazy("Choose a day.")


class MoneyForm(ActForm):
    ACT: ClassVar[str] = ""
    """The value of its button, and the name of the view that takes it."""
    VIEW: ClassVar[str] = ""
    key = HiddenField()
    currency = "EUR"
    minor_units: int | None = None

    @classmethod
    def over(cls, currency: str, standing: Standing, **values: Any) -> Self:
        """Filled with these values, or as it was sent by its own button."""
        is_own = request.method == "POST" and (request.endpoint or "").endswith(f".{cls.VIEW or cls.ACT}")
        form = cls(data=values) if is_own else cls(formdata=None, data=values)
        form.currency, form.now = currency, standing
        form.is_own = is_own
        for field in form:
            field.id = f"{cls.ACT}-{field.short_name}"
        return form

    def is_pressed(self) -> bool:
        """Whether the button was pressed, the input is valid, and what it changes is as the person saw it."""
        if not self.is_own:
            return False
        is_valid = self.validate()
        if self.seen_version() != self.now.version and not self._was_recorded():
            self.refusal = self.now.moved()
        elif not _KEY.fullmatch(self.key.data or ""):
            self.refusal = Conflict(_("Open the page again: the form was not complete."))
        return is_valid and self.refusal is None and request.form.get("act") == self.ACT

    def _was_recorded(self) -> bool:
        """The button was pressed twice: the service answers with what the first press recorded."""
        return bool(_KEY.fullmatch(self.key.data or "")) and bool(recording.known([self.key.data]))

    def shown(self) -> Self:
        """With the version that the page shows now, and its own key."""
        self.version.data = str(self.now.version)
        if not _KEY.fullmatch(self.key.data or ""):
            self.key.data = str(uuid.uuid4())
        return self

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_own and self.errors else 200

    def take_over(self, sent: "MoneyForm | None") -> Self:
        """What was wrong with the same form, built before somebody else changed what it is about."""
        if sent is not None and type(sent) is type(self):
            self.refusal = sent.refusal
            for field in self:
                field.errors = sent[field.short_name].errors
            self._mark_first_bad()
        return self

    def validate_amount(self, field) -> None:
        if not field.data:
            return
        try:
            self.minor_units = money.minor_units(field.data, self.currency)
        except ValueError as unreadable:
            raise ValidationError(str(unreadable)) from unreadable


class RecordForm(MoneyForm):
    ACT = "record"
    paid_on = DayField(lazy("Received on"), validators=[InputRequired(_DAY)])
    amount = StringField(lazy("Amount"), filters=[strip], validators=[Text(40, empty=lazy("Enter an amount."))])
    reference = StringField(lazy("Reference"), filters=[one_line], validators=[Text(LONGEST_REFERENCE)])

    @classmethod
    def of(cls, currency: str, standing: Standing, amount: int) -> Self:
        typed = money.major_units(amount, currency) if amount else ""
        return cls.over(currency, standing, paid_on=clock.today(), amount=typed)

    def received(self, note: str = "") -> Received:
        day: date = self.paid_on.data
        return Received(
            self.minor_units or 0, self.currency, day, self.reference.data or "", note, PaymentSource.HAND
        )  # fmt: skip


class AccountRecordForm(RecordForm):
    """Without an invoice."""

    VIEW = "new"
    in_currency = SelectField(lazy("Currency"), validate_choice=False, widget=LongSelect())
    note = StringField(lazy("Note"), filters=[one_line], validators=[Text(LONGEST_NOTE)])

    @classmethod
    def with_choices(cls, currencies: list[tuple[str, str]], usual: str) -> Self:
        form = cls.over(usual, NOTHING, paid_on=clock.today(), in_currency=usual)
        form.in_currency.choices = currencies
        chosen = form.in_currency.data
        form.currency = chosen if chosen in dict(currencies) else usual
        return form

    def validate_in_currency(self, field) -> None:
        if field.data not in dict(field.choices):
            raise ValidationError(_("Choose the currency."))


class AssignForm(MoneyForm):
    ACT = "assign"
    invoice = SelectField(lazy("Open invoice"), validate_choice=False, widget=LongSelect())
    amount = StringField(lazy("Amount"), filters=[strip], validators=[Text(40)])

    @classmethod
    def of(cls, currency: str, standing: Standing, invoices: list[Invoice]) -> Self:
        form = cls.over(currency, standing)
        form.invoice.choices = [("", _("Choose…"))]
        for each in invoices:
            text = _("%(number)s, %(open)s open", number=each.number, open=written(each.open, each.currency))
            form.invoice.choices.append((str(each.id), text))
        return form

    def validate_invoice(self, field) -> None:
        if not field.data or field.data not in dict(field.choices):
            raise ValidationError(_("Choose an open invoice."))


class RefundForm(MoneyForm):
    ACT = "refund"
    paid_on = DayField(lazy("Paid back on"), validators=[InputRequired(_DAY)])
    amount = StringField(lazy("Amount"), filters=[strip], validators=[Text(40, empty=lazy("Enter an amount."))])
    reference = StringField(lazy("Reference"), filters=[one_line], validators=[Text(LONGEST_REFERENCE)])

    @classmethod
    def of(cls, currency: str, standing: Standing, amount: int) -> Self:
        typed = money.major_units(amount, currency)
        return cls.over(currency, standing, paid_on=clock.today(), amount=typed)

    def refund(self) -> Refund:
        return Refund(self.minor_units or 0, self.paid_on.data, self.reference.data or "")


class TakeBackForm(MoneyForm):
    ACT = VIEW = "take_back"
    invoice = SelectField(lazy("Invoice"), validate_choice=False, widget=LongSelect())
    reason = StringField(
        lazy("Why"), filters=[one_line], validators=[Text(LONGEST_REASON, empty=lazy("Say why; it stays on record."))]
    )

    @classmethod
    def of(cls, currency: str, standing: Standing, settled: list[Settled]) -> Self:
        form = cls.over(currency, standing)
        form.invoice.choices = [("", _("Choose…"))] if len(settled) > 1 else []
        for each in settled:
            text = _("%(number)s, %(amount)s", number=each.number, amount=written(each.amount, currency))
            form.invoice.choices.append((str(each.invoice_id), text))
        return form

    def validate_invoice(self, field) -> None:
        if not (field.data or "").isdigit() or field.data not in dict(field.choices):
            raise ValidationError(_("Choose what it settles now."))


class ReverseForm(MoneyForm):
    ACT = "reverse"
    reason = StringField(
        lazy("Why"), filters=[one_line], validators=[Text(LONGEST_REASON, empty=lazy("Say why; it stays on record."))]
    )
