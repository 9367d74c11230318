"""The languages that people can choose. A language is offered once its catalogue is complete
(tests/web/test_translations.py)."""

from dataclasses import dataclass
from gettext import NullTranslations

from babel import Locale
from flask import current_app, has_app_context

from portal.core import catalogues

DEFAULT_LOCALE = "en_GB"
_KNOWN = "portal.languages"


@dataclass(frozen=True)
class Language:
    code: str
    locale: Locale
    """How dates, numbers and money are written."""
    own_texts: NullTranslations | None = None
    """In place of those in its file."""

    @property
    def name(self) -> str:
        """In this language."""
        return self.locale.languages[self.locale.language].capitalize()

    @property
    def tag(self) -> str:
        """For `lang` in HTML."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        return self.locale.text_direction

    @property
    def texts(self) -> NullTranslations:
        return self.own_texts or catalogues.texts(self.code)


ENGLISH = Language("en", Locale.parse(DEFAULT_LOCALE))
OFFERED = {each.code: each for each in (ENGLISH, *(Language(code, Locale(code)) for code in ("de", "el", "fr")))}


def offered() -> dict[str, Language]:
    """By code. Tests add languages to those of an app."""
    return current_app.extensions.setdefault(_KNOWN, dict(OFFERED)) if has_app_context() else OFFERED


def find(tag: str | None) -> Language | None:
    """`de` for de_AT, too; None if there are no texts in it."""
    known, code = offered(), (tag or "").replace("-", "_")
    return known.get(code) or known.get(code.partition("_")[0])


def best(*tags: str | None) -> Language:
    """Returns the first that is offered, or English."""
    return next(filter(None, map(find, tags)), ENGLISH)
