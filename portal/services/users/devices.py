"""What a browser is to a person: whether she signed in with it before, under the password that she has now.

The browser keeps a `Device` in a signed cookie. It is bound to the person and to the hash of the password, so that
every one of them ends with the password. The one that was used last is known by the time of that sign-in.
"""

import enum
from dataclasses import dataclass
from typing import Self

from portal.models import User
from portal.services.users import tokens


class Standing(enum.Enum):
    STRANGER = "stranger"
    KNOWN = "known"
    NEWEST = "newest"
    """Known, and nobody has signed in with another one since. Whoever copied older cookies does not have its."""


@dataclass(frozen=True)
class Device:
    mark: str
    signed_in_at: str

    @classmethod
    def of(cls, user: User) -> Self:
        """Of the browser in which the person has just signed in."""
        return cls(tokens.digest(f"{user.id} {user.password_hash}"), _instant(user))


def standing(user: User | None, device: Device | None) -> Standing:
    if user is None or user.password_hash is None or device is None or device.mark != Device.of(user).mark:
        return Standing.STRANGER
    return Standing.NEWEST if device.signed_in_at == _instant(user) else Standing.KNOWN


def standing_in_session(user: User, device: Device | None) -> Standing:
    """Whoever is signed in is no stranger, whatever became of the cookie."""
    found = standing(user, device)
    return Standing.KNOWN if found is Standing.STRANGER else found


def _instant(user: User) -> str:
    return user.signed_in_at.isoformat() if user.signed_in_at else ""
