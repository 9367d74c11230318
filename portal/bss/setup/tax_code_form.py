"""The form of a tax code."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self

from wtforms import Field, SelectField, StringField
from wtforms.validators import ValidationError

from portal.bss.setup.setup_wording import CATEGORIES
from portal.core import spelling
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy
from portal.display.wording.account_wording import language_name
from portal.models import TaxCategory, TaxCode, User
from portal.services.tax import tax_codes, usual_texts
from portal.web.forms import Text, one_line, strip
from portal.web.forms.action_forms import ActForm

_RATE = re.compile(r"(?P<whole>\d{1,2})(?:\.(?P<part>\d{1,2}))?")


class TaxCodeForm(ActForm):
    code = StringField(lazy("Code"), filters=[strip], validators=[Text(40, empty=lazy("Enter a code."))])
    name = StringField(lazy("Name"), filters=[one_line], validators=[Text(120, empty=lazy("Enter a name."))])
    category = SelectField(lazy("Category"), validate_choice=False)
    rate = StringField(lazy("Rate in per cent"), filters=[strip], validators=[Text(10)])
    reason_code = StringField(lazy("Reason code"), filters=[strip], validators=[Text(40)])

    languages: Sequence[str]

    @classmethod
    def of(cls, languages: Sequence[str], row: TaxCode | None = None, usual: TaxCategory | None = None, **more) -> Self:
        """`languages`: those that have a field for the reason. `usual`: what a new one begins with."""
        form = _with_reasons(tuple(languages))(data=_values(row) if row else _usual(usual), **more)
        form.languages = languages
        form.category.choices = [(each.value, text) for each, text in CATEGORIES.items()]
        for language, field in zip(languages, form.reasons, strict=True):
            field.label.text = _("Reason, %(language)s", language=language_name(language))
        return form

    @property
    def reasons(self) -> list[Field]:
        return [self[f"reason_{language}"] for language in self.languages]

    def is_to_be_saved(self) -> bool:
        return self.is_submitted() and self.validate()

    def validate_category(self, field) -> None:
        if field.data not in {each.value for each in TaxCategory}:
            raise ValidationError(_("Choose a category."))

    def validate_rate(self, field) -> None:
        text = (field.data or "").removesuffix("%").strip()
        if text and not (text.isascii() and _RATE.fullmatch(text)):
            raise ValidationError(_("Enter a rate such as 24 or 5.5."))

    @property
    def status(self) -> int:
        if self.refusal:
            return 409
        return 422 if self.is_submitted() and self.errors else 200

    def details(self) -> dict[str, Any]:
        details = {name: self[name].data for name in ("code", "name", "category", "reason_code")}
        reasons = {language: self[f"reason_{language}"].data or "" for language in self.languages}
        return details | {"rate": self._rate(), "reasons": reasons}

    def values(self, by: User) -> dict[str, Any]:
        return {"details": self.details(), "by": by}

    def differences(self, row: TaxCode) -> list[tuple[str, str, str]]:
        """After a conflict: (label, the person's input, the current value) of each field that differs. Takes the
        current version, so that saving again replaces what is there."""
        if not isinstance(self.refusal, StaleVersion):
            return []
        self.version.data = str(row.version)
        current = _values(row)
        fields = [field for field in self if field.name not in ("version", "csrf_token")]
        return [
            (field.label.text, field.data or "", current.get(field.name) or "")
            for field in fields
            if not spelling.is_same(field.name, current.get(field.name), field.data)
        ]

    def _rate(self) -> int:
        match = _RATE.fullmatch((self.rate.data or "").removesuffix("%").strip())
        return 0 if match is None else int(match["whole"]) * 100 + int((match["part"] or "").ljust(2, "0"))


@lru_cache(maxsize=50)
def _with_reasons(languages: tuple[str, ...]) -> type[TaxCodeForm]:
    """The form with a field for each language; the classes are kept, as WTForms reads the fields of a class once."""
    fields = {
        f"reason_{language}": StringField(
            lazy("Reason"), filters=[one_line], validators=[Text(tax_codes.LONGEST["reason"])]
        )
        for language in languages
    }
    return type("TaxCodeFormWithReasons", (TaxCodeForm,), fields)


def _values(row: TaxCode) -> dict[str, str | None]:
    values = {
        "code": row.code, "name": row.name, "category": row.category.value, "reason_code": row.reason_code,
        "rate": f"{row.rate / 100:.2f}".rstrip("0").rstrip(".") if row.rate else "", "version": str(row.version),
    }  # fmt: skip
    return values | {f"reason_{language}": text for language, text in row.reasons.items()}


def _usual(category: TaxCategory | None) -> dict[str, str | None]:
    if category is None:
        return {}
    reasons = usual_texts.REASONS.get(category, {})
    values = {"category": category.value, "code": category.value, "reason_code": usual_texts.REASON_CODES.get(category)}
    return values | {f"reason_{language}": text for language, text in reasons.items()}
