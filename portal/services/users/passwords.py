"""How passwords are kept (argon2id) and what a new one must be."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _

from portal.services.errors import InvalidInput

SHORTEST, LONGEST = 12, 1000

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Where there is nothing to compare with, a guess is compared with this, so that the answer takes as long.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$BRRPC0FfcQPDlW9aPwJBEA$IKMSQZm4a3oPDg2Fp6bIbZMRqV4dn72nn6zwmRC6+YA"


def matches(known: str | None, password: str) -> bool:
    """Takes the same time whether or not there is a password to compare with."""
    try:
        same = _hasher.verify(known or _NOBODYS, _normal(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return same and known is not None and len(password) <= LONGEST


def chosen(password: str, *of: str) -> str:
    """The hash of a new password of the person with this e-mail and name. Raises InvalidInput."""
    sentence = _complaint(password, of)
    if sentence is not None:
        raise InvalidInput("new", sentence)
    return _hasher.hash(_normal(password))


def _complaint(password: str, of: tuple[str, ...]) -> str | None:
    if len(password) < SHORTEST:
        return _("Use at least %(least)s characters. A few words in a row are easy to remember.", least=SHORTEST)
    if len(password) > LONGEST:
        return _("Use at most %(most)s characters.", most=LONGEST)
    if password.strip().casefold() in {text.casefold() for text in of}:
        return _("Choose something other than your name or e-mail.")
    if len(set(password)) < 4:
        return _("Use more than a few different characters.")
    return None


def _normal(password: str) -> str:
    """The same password typed on another kind of keyboard has the same bytes."""
    return unicodedata.normalize("NFC", password)
