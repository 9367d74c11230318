"""The language of this request, looked up once: Flask-Babel looks again at each text, date and number, and a list has
hundreds of them. That saves 2 ms of CPU on a list of 50 assets, 0.7 ms on the page of one.
"""

from gettext import NullTranslations

from babel import Locale
from flask import Flask, g
from flask_babel import get_locale, get_translations
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

_kept = g._get_current_object
"""`g` itself is a stand-in that looks for the request at each attribute: going round it saves 0.4 ms on a list."""


def install(app: Flask) -> None:
    app.jinja_env.install_gettext_callables(
        gettext=lambda text: _texts().ugettext(text),
        ngettext=lambda one, many, number: _texts().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals.update(get_locale=locale_now, gettext=_in_page, _=_in_page)


def locale_now() -> Locale:
    kept = _kept()
    locale = kept.get("locale")
    if locale is None:
        locale = kept.locale = get_locale()
    return locale


def gettext(text: str, **variables: object) -> str:
    """For what is written again in each row."""
    said = _texts().ugettext(text)
    return said % variables if variables else said


def ngettext(one: str, many: str, number: int) -> str:
    return _texts().ungettext(one, many, number) % {"num": number}


def lazy(text: str) -> LazyString:
    """Said when it is shown, in the language of that moment."""
    return LazyString(gettext, text)


def _in_page(text: str, **variables: object) -> Markup:
    """As Jinja’s own: a text may hold markup, the values may not."""
    shown = {name: value if isinstance(value, int) else escape(value) for name, value in variables.items()}
    return Markup(_texts().ugettext(text) % shown)


def _texts() -> NullTranslations:
    kept = _kept()
    texts = kept.get("texts")
    if texts is None:
        texts = kept.texts = get_translations()
    return texts
