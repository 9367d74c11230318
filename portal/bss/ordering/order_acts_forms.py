"""The forms of an order's page: execute it, end it, note something, retry what failed."""

from datetime import timedelta
from typing import Self

from flask import request
from wtforms import RadioField, SelectChoice, TextAreaField
from wtforms.validators import Optional, ValidationError

from portal.bss.assets.asset_forms import plain_lines
from portal.core import clock
from portal.core.errors import StaleVersion
from portal.core.i18n import lazy as _
from portal.display.orders.order_states import INVOICES
from portal.models import InvoiceTiming, Order, OrderState, User
from portal.services.ordering.drafts import LONGEST_NOTE
from portal.services.ordering.execution import LONGEST_REASON, Decision
from portal.web.forms import Text
from portal.web.forms.action_forms import ActForm
from portal.web.forms.days import DayField

LATEST = timedelta(days=3 * 365)
"""How far ahead a start date may be."""
TIMINGS = [SelectChoice(timing.value, text) for timing, text in INVOICES.items()]
ENDS = (("reject", _("Reject")), ("cancel", _("Cancel for the buyer")))
SAY_WHY = _("Say why; the buyer reads it.")


class OrderActForm(ActForm):
    """Carries the order's version. A form that is sent without its button is only checked."""

    def over(self, order: Order) -> Self:
        self.version.data = str(order.version)
        return self

    def is_pressed(self, act: str, order: Order) -> bool:
        """Whether the button was pressed, the input is valid, and the order is as the person saw it."""
        is_valid = self.is_submitted() and self.validate()
        if self.seen_version() != order.version:
            self.refusal = StaleVersion(_("The order was changed in the meantime. Look at it, then press again."))
        return is_valid and self.refusal is None and request.form.get("act") == act

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and self.errors else 200


class DecisionFields:
    """What staff decide when an order is executed."""

    invoice_timing = RadioField(_("When to invoice"), choices=TIMINGS, default=InvoiceTiming.NEXT_RUN.value)
    invoice_reason = TextAreaField(
        _("Reason for not invoicing"), filters=[plain_lines], validators=[Text(LONGEST_REASON)]
    )
    start_on = DayField(_("Start date"), validators=[Optional()], default=clock.today)
    over_limit_reason = TextAreaField(
        _("Reason for going over the limit"), filters=[plain_lines], validators=[Text(LONGEST_REASON)]
    )

    def validate_start_on(self, field) -> None:
        if field.data is not None and field.data > clock.today() + LATEST:
            raise ValidationError(_("Choose a day within the next three years."))

    def validate_invoice_reason(self, field) -> None:
        if self.invoice_timing.data == InvoiceTiming.NEVER.value and not field.data:
            raise ValidationError(_("Say why this order is not invoiced."))

    def decision(self) -> Decision:
        return Decision(
            InvoiceTiming(self.invoice_timing.data),
            self.invoice_reason.data or "",
            self.start_on.data,
            self.over_limit_reason.data or "",
        )


class ExecuteForm(DecisionFields, OrderActForm):
    @classmethod
    def of(cls, order: Order) -> Self:
        """With what was decided before, except for the day: who presses the button executes it now."""
        return cls(
            formdata=None, data={"invoice_timing": order.invoice_timing.value, "invoice_reason": order.invoice_reason}
        )


class TimingForm(OrderActForm):
    """When an executed order is invoiced, until it is."""

    invoice_timing = RadioField(_("When to invoice"), choices=TIMINGS)
    invoice_reason = TextAreaField(
        _("Reason for not invoicing"), filters=[plain_lines], validators=[Text(LONGEST_REASON)]
    )

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls(data={"invoice_timing": order.invoice_timing.value, "invoice_reason": order.invoice_reason})

    def validate_invoice_reason(self, field) -> None:
        if self.invoice_timing.data == InvoiceTiming.NEVER.value and not field.data:
            raise ValidationError(_("Say why this order is not invoiced."))


class EndForm(OrderActForm):
    end = RadioField(_("What to do"), validate_choice=True)
    reason = TextAreaField(_("Reason"), filters=[plain_lines], validators=[Text(LONGEST_REASON, empty=SAY_WHY)])

    @classmethod
    def of(cls, order: Order) -> Self:
        form = cls()
        choices = ENDS if order.state is OrderState.SUBMITTED else ENDS[1:]
        form.end.choices = [(value, text) for value, text in choices]
        form.end.data = form.end.data or choices[0][0]
        return form

    def values(self, by: User) -> dict:
        return {"version": self.seen_version(), "by": by, "reason": self.reason.data}


class NoteForm(OrderActForm):
    staff_note = TextAreaField(_("Note for colleagues"), filters=[plain_lines], validators=[Text(LONGEST_NOTE)])

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls(data={"staff_note": order.staff_note})
