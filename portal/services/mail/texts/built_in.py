"""The texts that the portal comes with, and the fields that an event has."""

from dataclasses import dataclass

from portal.core import languages
from portal.core.i18n import in_language
from portal.core.languages import ENGLISH, Language
from portal.services.mail import fields
from portal.services.mail.events import Event

SECRETS = ("code", "one_time_link")
"""Filled in when a mail is sent, and never into a subject."""


@dataclass(frozen=True)
class Texts:
    subject: str
    text: str


def texts_of(event: Event, language: str) -> Texts:
    return _in(languages.best(language), event)


def fields_of(event: Event) -> tuple[str, ...]:
    """In the order of the text. What the built-in text of an event does not need, its own text cannot have."""
    texts = _in(ENGLISH, event)
    return fields.names(f"{texts.text}\n{texts.subject}")


def secrets_of(event: Event) -> tuple[str, ...]:
    return tuple(name for name in fields_of(event) if name in SECRETS)


def _in(language: Language, event: Event) -> Texts:
    with in_language(language):
        return Texts(str(event.subject), str(event.text))
