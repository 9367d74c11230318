"""The language of this request, looked up once: Flask-Babel looks again at each text, date and number, and a list has
hundreds of them."""

from gettext import NullTranslations

from babel import Locale
from flask import Flask, g
from flask_babel import get_locale, get_translations


def install(app: Flask) -> None:
    app.jinja_env.globals.update(get_locale=locale_now)
    app.jinja_env.install_gettext_callables(
        gettext=lambda text: _texts().ugettext(text),
        ngettext=lambda one, many, number: _texts().ungettext(one, many, number),
        newstyle=True,
    )


def locale_now() -> Locale:
    if "locale" not in g:
        g.locale = get_locale()
    return g.locale


def gettext(text: str, **variables: object) -> str:
    """For what is written again in each row."""
    said = _texts().ugettext(text)
    return said % variables if variables else said


def _texts() -> NullTranslations:
    if "texts" not in g:
        g.texts = get_translations()
    return g.texts
