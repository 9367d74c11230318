"""The forms of invoice runs: a new one, its start, what it takes, and the schedule."""

import uuid
from typing import Self

from flask import request
from wtforms import HiddenField, SelectField
from wtforms.validators import Optional, ValidationError

from portal.bss.invoice_runs.run_wording import month
from portal.core import clock
from portal.core.errors import InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import InvoiceRun, InvoiceSchedule, User
from portal.services.invoicing.runs import periods, schedule
from portal.web.forms.action_forms import ActForm
from portal.web.forms.days import DayField

ACT = "start"


class NewForm(ActForm):
    key = HiddenField()
    period = SelectField(lazy("Period"), validate_choice=False)
    issued_on = DayField(lazy("Date of the invoices"), validators=[Optional()])

    @classmethod
    def make(cls) -> Self:
        days = periods.newest(clock.today())
        form = cls(data={"key": str(uuid.uuid4()), "period": f"{days[1]:%Y-%m}"})
        form.period.choices = [(f"{day:%Y-%m}", month(day)) for day in days]
        return form

    def validate_period(self, field) -> None:
        """What was not sent is not taken from the form as it is shown first."""
        if self.period.name not in request.form:
            raise ValidationError(_("Choose a period."))
        if not _is_key(request.form.get(self.key.name, "")):
            raise ValidationError(_("The form is damaged. Load the page again."))
        try:
            periods.last_day(field.data or "")
        except InvalidInput as refusal:
            raise ValidationError(refusal.message) from refusal

    def values(self, by: User) -> dict:
        until = periods.last_day(self.period.data)
        return {"until": until, "issued_on": self.issued_on.data, "key": self.key.data, "by": by}

    @property
    def status(self) -> int:
        return 422 if self.errors else 200


class StartForm(ActForm):
    """`act`: the button that was pressed; without it nothing is issued."""

    act = HiddenField()

    @property
    def is_start(self) -> bool:
        return self.act.data == ACT

    def has_seen(self, run: InvoiceRun) -> bool:
        """Whether the run is as the person saw it."""
        if self.seen_version() != run.version:
            self.refusal = StaleVersion(
                _("Somebody else changed this run in the meantime. Look at it, then press again.")
            )
        return self.refusal is None


class ChoiceForm(ActForm):
    item = HiddenField()
    taken = HiddenField()

    def values(self, by: User) -> dict:
        text = self.item.data or ""
        item_id = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        return {"item_id": item_id, "is_taken": self.taken.data == "1", "version": self.seen_version(), "by": by}


class ScheduleForm(ActForm):
    day = SelectField(lazy("Issue by itself"), validate_choice=False)

    @classmethod
    def of(cls, row: InvoiceSchedule) -> Self:
        form = cls(data={"version": str(row.version), "day": str(row.day or "")})
        days = [(str(day), _("On day %(day)s of each month", day=day)) for day in range(1, schedule.LAST_DAY + 1)]
        form.day.choices = [("", _("Never: a person starts each run")), *days]
        return form

    def values(self, by: User) -> dict:
        text = self.day.data or ""
        is_day = text.isascii() and text.isdigit() and len(text) < 3
        return {"day": int(text) if is_day else None if not text else 0, "version": self.seen_version(), "by": by}


def _is_key(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
