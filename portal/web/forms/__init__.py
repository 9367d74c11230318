"""What all forms share: text cleaning, validators, and showing a service's refusal beside the field it is about."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from babel import Locale
from babel.support import Translations
from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from markupsafe import Markup, escape
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import FileField, HiddenField, StringField
from wtforms.i18n import DefaultTranslations, messages_path
from wtforms.validators import StopValidation
from wtforms.widgets import Select

from portal.core.errors import InvalidInput
from portal.core.i18n import lazy as _
from portal.core.i18n import locale_now
from portal.web.forms import refusal_links
from portal.web.security.sessions import draft_for

# Zero-width and direction marks (Cf) are part of names in some scripts, so only Cc and Cs count as controls.
_ALLOWED_CONTROLS = {"\n", "\r", "\t"}
LOST = "\ufffd"
"""The replacement character, which a browser sends for half of a surrogate pair."""


def has_controls(text: str) -> bool:
    return any(unicodedata.category(mark) in ("Cc", "Cs") and mark not in _ALLOWED_CONTROLS for mark in text)


class Form(FlaskForm):
    result = None

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form, formdata):
            """After signing in again the form shows what had been typed before (web/security/sessions.py)."""
            typed = draft_for(request.path) if formdata is _Auto and request.method == "GET" else None
            if typed is None and formdata is _Auto and request.method == "POST":
                return _sent_to(form)
            return super().wrap_formdata(form, formdata) if typed is None else typed

        def get_translations(self, form):
            """Flask-WTF’s version would read the catalogue from disk in each request."""
            return _sentences_of_wtforms(locale_now())

    def validate(self, extra_validators=None) -> bool:
        is_valid = super().validate(extra_validators)
        self._mark_first_bad()
        return is_valid

    def carry_out(self, act: Callable, *args, **values) -> bool:
        """Calls the service `act`; returns whether it succeeded. Its result is in `self.result`.

        InvalidInput is shown beside its field, and the view answers 422. Every other DomainError goes on to
        web/errors.py.
        """
        try:
            self.result = act(*args, **values)
        except InvalidInput as refusal:
            field = self._fields.get(refusal.field)
            if field is None:  # the form does not offer this field to this person
                raise
            field.errors = [*field.errors, refusal_links.sentence_with_link(refusal)]
            self._mark_first_bad()
            return False
        return True

    def _mark_first_bad(self) -> None:
        """Marks the field that gets the focus (macros/forms.html)."""
        bad = [field for field in self if field.errors and not isinstance(field, HiddenField)]
        for field in self:
            field.is_first_bad = field in bad[:1]


def _sent_to(form: Form) -> CombinedMultiDict:
    """Files go to those fields alone that take one: every other field expects text. A body of JSON is no form input,
    and its values may have any type."""
    takers = [field.name for field in form if isinstance(field, FileField)]
    files = MultiDict((name, file) for name in takers for file in request.files.getlist(name))
    return CombinedMultiDict((files, request.form))


@lru_cache(maxsize=50)
def _sentences_of_wtforms(language: Locale) -> DefaultTranslations:
    return DefaultTranslations(Translations.load(messages_path(), [language], domain="wtforms"))


class VersionedForm(Form):
    """Carries the row version that the person saw."""

    version = HiddenField()

    def seen_version(self, field: HiddenField | None = None) -> int:
        """Returns the version (or that in another field), or -1, which matches no row, if it is missing or forged."""
        text = "".join((field or self.version).raw_data or ()).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class LongSelect(Select):
    """A select with hundreds of options, such as all countries. Writes each option as text: rendering them by WTForms
    took a third of the time of an account's page (4 of 12 ms)."""

    @classmethod
    def render_option(cls, choice, **attributes) -> Markup:
        if attributes or choice.render_kw:
            return super().render_option(choice, **attributes)
        is_selected = " selected" if choice.selected else ""
        label = escape(choice.label or choice.value)
        return Markup(f'<option{is_selected} value="{escape(choice.value)}">{label}</option>')


def strip(value: str | None) -> str | None:
    return value.strip() if isinstance(value, str) else value


def one_line(value: str | None) -> str | None:
    return strip(value.replace("\r", " ").replace("\n", " ").replace("\t", " ")) if isinstance(value, str) else value


def plain_lines(value: str | None) -> str | None:
    return strip(value.replace("\r\n", "\n").replace("\r", "\n")) if isinstance(value, str) else value


def is_visible(text: str) -> bool:
    """Whether the text holds more than spaces, direction marks and zero-width characters."""
    return any(unicodedata.category(mark) not in ("Cf", "Zs", "Zl", "Zp", "Cc") for mark in text)


class Text:
    """Validator: at most `most` characters, and no control characters."""

    def __init__(self, most: int, *, empty: str | None = None):
        self.most = most
        self.empty = empty
        """The error message for an empty field; None allows an empty field."""

    def __call__(self, form: FlaskForm, field: StringField) -> None:
        text = field.data or ""
        if not text or (self.empty is not None and not is_visible(text)):
            self._check_empty(field)
        if len(text) > self.most:
            message = _("Use at most %(most)s characters; these are %(count)s.", most=self.most, count=len(text))
            raise StopValidation(message)
        if has_controls(text):
            raise StopValidation(_("Leave out control characters: only text can be kept."))
        if LOST in text:
            raise StopValidation(_("Some characters got lost on the way (%(lost)s). Type them again.", lost=LOST))

    def _check_empty(self, field: StringField) -> None:
        field.errors = []
        raise StopValidation(self.empty)


class WholeNumber:
    """Validator: digits only, from `low` to `high`."""

    def __init__(self, low: int, high: int):
        self.low, self.high = low, high

    def __call__(self, form: FlaskForm, field: StringField) -> None:
        text = (field.data or "").strip()
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        if not is_number or not self.low <= int(text) <= self.high:
            raise StopValidation(_("Enter a whole number from %(low)s to %(high)s.", low=self.low, high=self.high))
