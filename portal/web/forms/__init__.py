"""What all forms share: cleaned text, sentences, and the way from a service's "no" to the field it is about."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from babel import Locale
from babel.support import Translations
from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField
from wtforms.i18n import DefaultTranslations, messages_path
from wtforms.validators import StopValidation
from wtforms.widgets import Select

from portal.core.errors import InvalidInput
from portal.web.forms import refusal_links
from portal.web.language import locale_now
from portal.web.security.sessions import draft_for

# Zero-width and direction marks are part of names in some scripts; these controls are part of none.
_ALLOWED_CONTROLS = {"\n", "\r", "\t"}
LOST = "\ufffd"
"""What a browser sends in place of half a character."""


def has_controls(text: str) -> bool:
    return any(unicodedata.category(mark) in ("Cc", "Cs") and mark not in _ALLOWED_CONTROLS for mark in text)


class Form(FlaskForm):
    result = None

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form, formdata):
            """After signing in again a form is filled with what had been typed (web/security/sessions.py)."""
            typed = draft_for(request.path) if formdata is _Auto and request.method == "GET" else None
            if typed is None and formdata is _Auto and self._is_no_form():
                return MultiDict()
            return super().wrap_formdata(form, formdata) if typed is None else typed

        def get_translations(self, form):
            """Flask-WTF’s own would read the catalogue from the disk in each request."""
            return _sentences_of_wtforms(locale_now())

        @staticmethod
        def _is_no_form() -> bool:
            """An empty body, or JSON, whose values may be of any type: nothing was typed."""
            return request.method == "POST" and not request.form and not request.files

    def validate(self, extra_validators=None) -> bool:
        is_good = super().validate(extra_validators)
        self._mark_first_bad()
        return is_good

    def carry_out(self, act: Callable, *args, **values) -> bool:
        """Calls the service. What it refuses because of one field stands beside that field, and the answer is 422.

        What the service returned is in `self.result`. Every other DomainError goes on to web/errors.py.
        """
        try:
            self.result = act(*args, **values)
        except InvalidInput as refusal:
            field = self._fields.get(refusal.field)
            if field is None:  # not offered to this person, or not any more
                raise
            field.errors = [*field.errors, refusal_links.sentence_with_link(refusal)]
            self._mark_first_bad()
            return False
        return True

    def _mark_first_bad(self) -> None:
        """Says which field gets the focus (macros/forms.html)."""
        bad = [field for field in self if field.errors and not isinstance(field, HiddenField)]
        for field in self:
            field.is_first_bad = field in bad[:1]


@lru_cache(maxsize=50)
def _sentences_of_wtforms(language: Locale) -> DefaultTranslations:
    return DefaultTranslations(Translations.load(messages_path(), [language], domain="wtforms"))


class VersionedForm(Form):
    """Carries the version of the row that the person saw."""

    version = HiddenField()

    def seen_version(self) -> int:
        """-1 where the field is missing or was forged: it matches no row."""
        text = "".join(self.version.raw_data or ()).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class LongSelect(Select):
    """Of hundreds of options, such as all countries: each is written directly. By way of its attributes, as WTForms
    does it, they were a third of what the page of an account costs (4 of 12 ms)."""

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


def is_visible(text: str) -> bool:
    """There is more to it than marks of direction and joints of width zero."""
    return any(unicodedata.category(mark) not in ("Cf", "Zs", "Zl", "Zp", "Cc") for mark in text)


class Text:
    """At most `most` characters and no control characters; `least` 0 allows it to be empty."""

    def __init__(self, most: int, *, empty: str | None = None):
        self.most = most
        self.empty = empty
        """The sentence for an empty field; None allows it."""

    def __call__(self, form: FlaskForm, field: StringField) -> None:
        text = field.data or ""
        if not text or (self.empty is not None and not is_visible(text)):
            self._check_empty(field)
        if len(text) > self.most:
            sentence = _("Use at most %(most)s characters; these are %(count)s.", most=self.most, count=len(text))
            raise StopValidation(sentence)
        if has_controls(text):
            raise StopValidation(_("Leave out control characters: only text can be kept."))
        if LOST in text:
            raise StopValidation(_("Some characters got lost on the way (%(lost)s). Type them again.", lost=LOST))

    def _check_empty(self, field: StringField) -> None:
        field.errors = []
        raise StopValidation(self.empty)


class WholeNumber:
    """Digits only, from `low` to `high`."""

    def __init__(self, low: int, high: int):
        self.low, self.high = low, high

    def __call__(self, form: FlaskForm, field: StringField) -> None:
        text = (field.data or "").strip()
        digits = text.isascii() and text.isdigit() and len(text) < 10
        if not digits or not self.low <= int(text) <= self.high:
            raise StopValidation(_("Enter a whole number from %(low)s to %(high)s.", low=self.low, high=self.high))
