"""All texts pass here, in the language of this request, looked up once. Flask-Babel looks it up for each text, date and
number, and a list has hundreds of them. This saves 2 ms of CPU on a list of 50 assets, 0.7 ms on the page of one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from gettext import NullTranslations

from babel import Locale
from babel.dates import format_date
from flask import Flask, current_app, g, has_app_context
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

from portal.core import languages
from portal.core.languages import Language

_SELECTOR = "portal.language"
_request_globals = g._get_current_object
"""Returns the object behind `g`, which is a proxy that looks up the request at each attribute. This saves 0.4 ms on a
list."""


def install(app: Flask) -> None:
    app.jinja_env.install_gettext_callables(
        gettext=lambda text: _texts().gettext(text),
        ngettext=lambda one, many, number: _texts().ngettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals.update(get_locale=locale_now, gettext=_in_page, _=_in_page)


def select_by(app: Flask, selector: Callable[[], Language]) -> None:
    """`selector` tells the language of a request."""
    app.extensions[_SELECTOR] = selector


def language_now() -> Language:
    cache = _request_globals()
    language = cache.get("language")
    if language is None:
        selector = current_app.extensions.get(_SELECTOR)
        language = cache.language = selector() if selector else languages.ENGLISH
    return language


def ask_again() -> None:
    """Forgets the language of this request, because more is known of its person now."""
    _request_globals().pop("language", None)


def locale_now() -> Locale:
    return language_now().locale


def gettext(text: str, /, **variables: object) -> str:
    translation = _texts().gettext(text)
    return translation % variables if variables else translation


def ngettext(one: str, many: str, number: int, /, **variables: object) -> str:
    return _texts().ngettext(one, many, number) % {"num": number, **variables}


@contextmanager
def in_language(language: Language) -> Iterator[None]:
    """What is written inside is in this language, whoever asks."""
    cache = _request_globals()
    before = cache.pop("language", None)
    cache.language = language
    try:
        yield
    finally:
        cache.pop("language", None)
        if before is not None:
            cache.language = before


def lazy(text: str, /, **variables: object) -> LazyString:
    """Translates when the text is shown, into the language of that request."""
    return LazyString(gettext, text, **variables)


def written_day(value: date, locale: Locale | None = None, skeleton: str = "yMMMd") -> str:
    """Such as 12 Mar 2027, or 12. März 2027; `MMMd` leaves the year out."""
    locale = locale or locale_now()
    return format_date(value, locale.datetime_skeletons[skeleton].pattern, locale)


def _in_page(text: str, /, **variables: object) -> Markup:
    """Like Jinja’s `gettext`: the text may hold markup, the values are escaped."""
    escaped = {name: value if isinstance(value, int) else escape(value) for name, value in variables.items()}
    return Markup(_texts().gettext(text) % escaped)


def _texts() -> NullTranslations:
    """The texts as they are written, where no app is at work: in a log, for example."""
    return language_now().texts if has_app_context() else NullTranslations()
