"""The forms of a price list: name and validity, assigning an account, ending it."""

from datetime import date
from typing import Any, Self

from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Optional, ValidationError

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, locale_now
from portal.display.account_choice import AccountChoice
from portal.models import PriceList, User
from portal.services.accounts import account_rules
from portal.services.catalog.price_lists import LONGEST_NAME
from portal.web.forms import LongSelect, Text, one_line
from portal.web.forms.action_forms import ActForm
from portal.web.forms.days import DAY, DayField


class PriceListForm(ActForm):
    name = StringField(lazy("Name"), filters=[one_line], validators=[Text(LONGEST_NAME, empty=lazy("Enter a name."))])
    currency = SelectField(lazy("Currency"), validate_choice=False, widget=LongSelect())
    valid_from = DayField(lazy("Valid from"), validators=[InputRequired(DAY)])
    valid_until = DayField(lazy("Valid until, inclusive"), validators=[Optional()])
    is_for_all = BooleanField(lazy("For every account directly below you that has no list of its own"))

    @classmethod
    def of(cls, viewer: User, price_list: PriceList | None = None) -> Self:
        if price_list is None:
            form = cls(data={"currency": viewer.account.currency})
            names = account_rules.currencies(locale_now())
            form.currency.choices = [(code, f"{code} {name}") for code, name in names]
            return form
        names = ("name", "valid_from", "valid_until", "is_for_all", "version")
        form = cls(data={name: getattr(price_list, name) for name in names})
        del form.currency
        return form

    def validate_valid_until(self, field) -> None:
        if field.data and self.valid_from.data and field.data < self.valid_from.data:
            raise ValidationError(_("The last day is before the first."))

    def details(self) -> dict[str, Any]:
        names = ("name", "currency", "valid_from", "valid_until", "is_for_all")
        return {name: self[name].data for name in names if name in self}

    def differences(self, price_list: PriceList) -> list[tuple[str, str, str]]:
        """After a conflict: (label, the person's input, the current value) of each field that differs. Takes the
        current version, so that saving again replaces what is there."""
        self.version.data = str(price_list.version)
        names = ("name", "valid_from", "valid_until", "is_for_all")
        both = [(self[name], self[name].data, getattr(price_list, name)) for name in names]
        return [(field.label.text, _text(typed), _text(now)) for field, typed, now in both if typed != now]

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and self.errors else 200


class AssignForm(AccountChoice, ActForm):
    pass


def _text(value: str | date | bool | None) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value or "")


class EndForm(ActForm):
    last_day = DayField(lazy("Last day"), validators=[InputRequired(DAY)])
