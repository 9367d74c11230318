"""The form of the company: seller, bank, terms, numbers and looks."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Self

from flask import request
from flask_wtf.file import FileField
from stdnum import iban
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, Field, SelectField, StringField, TextAreaField

from portal.bss.setup.setup_wording import field_text
from portal.core import spelling
from portal.core.errors import InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, locale_now
from portal.display.wording.account_wording import language_name
from portal.models import Company, InvoiceKind, User
from portal.services.accounts import account_rules
from portal.services.company import LogoChange, company_rules, logos, number_patterns
from portal.services.company.company_rules import LONGEST, LONGEST_TERMS, MOST_DAYS
from portal.services.company.number_patterns import Pattern
from portal.services.invoicing import numbering
from portal.services.invoicing.numbering import Series
from portal.services.tax import billing_details
from portal.web.forms import LongSelect, Text, WholeNumber, one_line, strip
from portal.web.forms.action_forms import ActForm

_KINDS = {"invoice_pattern": InvoiceKind.INVOICE, "credit_note_pattern": InvoiceKind.CREDIT_NOTE}


class _Days(WholeNumber):
    def __call__(self, form: ActForm, field: StringField) -> None:
        if field.data:
            super().__call__(form, field)


def _line(label: Any, most: int) -> StringField:
    return StringField(label, filters=[one_line], validators=[Text(most)])


class CompanyForm(ActForm):
    legal_name = _line(lazy("Legal name"), LONGEST["legal_name"])
    street = _line(lazy("Street"), LONGEST["street"])
    street_more = _line(lazy("Second line of the address"), LONGEST["street_more"])
    postcode = _line(lazy("Postcode"), LONGEST["postcode"])
    city = _line(lazy("Town"), LONGEST["city"])
    country = SelectField(lazy("Country"), validate_choice=False, widget=LongSelect())
    vat_id = _line(lazy("VAT id"), LONGEST["vat_id"])
    registration_number = _line(lazy("Registration number"), LONGEST["registration_number"])
    contact_name = _line(lazy("Contact on invoices"), LONGEST["contact_name"])
    contact_phone = _line(lazy("Telephone"), LONGEST["contact_phone"])
    contact_email = _line(lazy("E-mail on invoices"), LONGEST["contact_email"])
    electronic_address = _line(lazy("Electronic address"), billing_details.LONGEST["electronic_address"])
    bank_name = _line(lazy("Bank"), LONGEST["bank_name"])
    iban = _line(lazy("IBAN"), 50)
    bic = _line(lazy("BIC"), 20)
    payment_days = StringField(lazy("Payment terms, days"), filters=[strip], validators=[_Days(1, MOST_DAYS)])
    invoice_pattern = _line(lazy("Invoices"), number_patterns.LONGEST_PATTERN)
    credit_note_pattern = _line(lazy("Credit notes"), number_patterns.LONGEST_PATTERN)
    colour = _line(lazy("Colour of rules and titles"), 20)
    logo = FileField(lazy("Logo"))
    without_logo = BooleanField(lazy("Remove the logo"))

    languages: Sequence[str]

    @classmethod
    def of(cls, company: Company, languages: Sequence[str]) -> Self:
        """`languages`: those that have a field for the terms."""
        form = _with_terms(tuple(languages))(data=_values(company))
        form.languages = languages
        for language, field in zip(languages, form.terms, strict=True):
            field.label.text = _("Terms, %(language)s", language=language_name(language))
        form.country.choices = [("", "–"), *account_rules.countries(locale_now())]
        return form

    @property
    def terms(self) -> list[Field]:
        return [self[f"terms_{language}"] for language in self.languages]

    def is_to_be_saved(self) -> bool:
        """False if the person only wants to see the next numbers."""
        return self.is_submitted() and self.validate() and request.form.get("act") != "check"

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and self.errors else 200

    def values(self, by: User) -> dict[str, Any]:
        details: dict[str, Any] = {name: self[name].data for name in company_rules.FIELDS}
        details["payment_days"] = int(details["payment_days"]) if details["payment_days"] else None
        terms = {language: self[f"terms_{language}"].data or "" for language in self.languages}
        return {"version": self.seen_version(), "details": details, "terms": terms, "by": by}

    def logo_change(self) -> LogoChange | None:
        """Raises InvalidInput."""
        file = self.logo.data
        if isinstance(file, FileStorage) and file.filename:
            return LogoChange(logos.checked(file.read(logos.MOST_BYTES + 1)))
        return LogoChange(None) if self.without_logo.data else None

    def next_number(self, field: Field, today: date) -> str | None:
        """By this pattern; None if it cannot be used. Up to one statement."""
        try:
            pattern = number_patterns.checked(field.name, field.data)
        except InvalidInput:
            return None
        return pattern and numbering.next_number(Series(_KINDS[field.name], Pattern(pattern)), today)

    def differences(self, company: Company) -> list[tuple[str, str, str]]:
        """After a conflict: (label, the person's input, the current value) of each field that differs. Takes the
        current version, so that saving again replaces what is there."""
        if not isinstance(self.refusal, StaleVersion):
            return []
        self.version.data = str(company.version)
        current = _values(company)
        return [
            (_label(field), field_text(field), field_text(field, current[field.name]))
            for field in self
            if field.name in current
            and field.name != "version"
            and not spelling.is_same(field.name, current[field.name], field.data)
        ]


def _label(field: Field) -> str:
    if field.name.endswith("_pattern"):
        return _("%(what)s, pattern", what=field.label.text)
    return field.label.text


@lru_cache(maxsize=50)
def _with_terms(languages: tuple[str, ...]) -> type[CompanyForm]:
    """The form with a field for each language; the classes are kept, as WTForms reads the fields of a class once."""
    fields = {
        f"terms_{language}": TextAreaField(lazy("Terms"), filters=[strip], validators=[Text(LONGEST_TERMS)])
        for language in languages
    }
    return type("CompanyFormWithTerms", (CompanyForm,), fields)


def _values(company: Company) -> dict[str, str | None]:
    values = {name: getattr(company, name) for name in company_rules.FIELDS}
    values["payment_days"] = None if company.payment_days is None else str(company.payment_days)
    values["iban"] = company.iban and iban.format(company.iban)
    terms = {f"terms_{language}": text for language, text in company.terms.items()}
    return values | terms | {"version": str(company.version)}
