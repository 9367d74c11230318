"""When two texts are the same value in another spelling, so that saving a form changes only what a person changed.

A browser composes letters, writes line ends as CR LF, and rewrites the domains of e-mail addresses.
"""

import unicodedata

from portal.models import email_address


def is_same(field: str, stored: object, given: object) -> bool:
    """An empty text is the same as none."""
    stored, given = (None if value == "" else value for value in (stored, given))
    if not (isinstance(stored, str) and isinstance(given, str)):
        return stored == given
    compared = email_address.canonical if field.endswith("email") else _plain
    return compared(stored) == compared(given)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()
