"""The form of the accounting exports. It is sent by GET: an export changes nothing, and its address can be kept."""

import re
from datetime import date, timedelta
from typing import Self

from flask import request
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.models import TaxCategory
from portal.services.invoicing.exports import datev
from portal.services.invoicing.exports.datev import Books
from portal.services.invoicing.exports.journal import Days
from portal.web.forms import strip
from portal.web.forms.days import DAY, DayField

_NUMBER = lazy("Enter a whole number.")
_LEDGER = NumberRange(1000, 9999, lazy("Enter an account of four digits."))


_PAIRS = re.compile(r"(?<!\S)([0-9]{1,2}(?:[.,][0-9]{1,2})?) ?%? ?= ?([1-9][0-9]{3})(?=[;,]? |[;,]?$)", re.ASCII)
"""A rate of VAT in per cent and its account."""


class DaysForm(FlaskForm):
    class Meta:
        csrf = False

    first = DayField(lazy("From"), validators=[InputRequired(DAY)])
    last = DayField(lazy("Until"), validators=[InputRequired(DAY)])

    @classmethod
    def asked(cls) -> Self:
        """By the address; otherwise the month before."""
        last = clock.today().replace(day=1) - timedelta(days=1)
        form = cls(formdata=request.args if "file" in request.args else None, **cls.first_values(last))
        for field in form:
            field.id = f"{cls.__name__.lower()}-{field.name}"  # both forms are on one page
        return form

    @staticmethod
    def first_values(last: date) -> dict[str, object]:
        return {"first": last.replace(day=1), "last": last}

    def validate_last(self, field: DayField) -> None:
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(_("It ends before it begins."))

    @property
    def days(self) -> Days:
        return Days(self.first.data, self.last.data)


class DatevForm(DaysForm):
    currency = SelectField(lazy("Currency"), validate_choice=False)
    consultant = IntegerField(lazy("Consultant number"), validators=[InputRequired(_NUMBER)])
    client = IntegerField(lazy("Client number"), validators=[InputRequired(_NUMBER)])
    year_from = DayField(lazy("First day of the financial year"), validators=[Optional()])
    rates = StringField(lazy("Revenue accounts of other rates"), filters=[strip])

    @staticmethod
    def first_values(last: date) -> dict[str, object]:
        accounts = {f"revenue_{category.name.lower()}": account for category, account in datev.REVENUE.items()}
        year = {
            "currency": "EUR",
            "year_from": last.replace(month=1, day=1),
            "consultant": datev.CONSULTANTS[0],
            "client": 1,
        }
        return {"first": last.replace(day=1), "last": last} | year | accounts

    def validate_rates(self, field: StringField) -> None:
        pairs = _PAIRS.findall(field.data or "")
        if _PAIRS.sub("", field.data or "").strip(" ;,"):
            raise ValidationError(_("Enter rates and accounts, such as 7=4300; 5.5=4310."))
        self.by_rate = {round(float(rate.replace(",", ".")) * 100): int(account) for rate, account in pairs}

    def revenue_fields(self) -> list[IntegerField]:
        return [self[f"revenue_{category.name.lower()}"] for category in datev.REVENUE]

    @property
    def books(self) -> Books:
        revenue = {category: self[f"revenue_{category.name.lower()}"].data for category in datev.REVENUE}
        year_from = self.year_from.data or self.first.data.replace(month=1, day=1)
        return Books(self.consultant.data, self.client.data, year_from, revenue, self.by_rate)


for _category in TaxCategory:
    _label = lazy("Revenue account, category %(category)s", category=_category.value)
    setattr(DatevForm, f"revenue_{_category.name.lower()}", IntegerField(_label, validators=[InputRequired(), _LEDGER]))
