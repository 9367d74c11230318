"""The language of a person: the one they chose, or else that of the account. The back office is in English."""

from portal.core import languages
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.core.languages import Language
from portal.core.transaction import lock, transaction
from portal.models import User


def language_of(person: User, chosen: str | None = None) -> Language:
    """`chosen`: in the browser, which counts before the account."""
    if person.is_staff:
        return languages.ENGLISH
    return languages.best(person.language, chosen, person.account.language)


def choose(person: User, code: str | None) -> None:
    """None: as the account. Takes no version: whoever chooses sees at once what was chosen."""
    if code is not None and code not in languages.offered():
        raise InvalidInput("language", _("Choose a language from the list."))
    with transaction():
        lock(User, person.id).language = code
