"""Whether a person has signed in with a browser before, under the current password.

The browser keeps a `Device` in a signed cookie. It is bound to the person and the password's hash, so a new password
ends all devices. The one that was used last is recognized by the time of that sign-in.
"""

import enum
from dataclasses import dataclass
from typing import Self

from portal.core import tokens
from portal.models import User


class DeviceTrust(enum.Enum):
    STRANGER = "stranger"
    KNOWN = "known"
    NEWEST = "newest"
    """Known, and nobody has signed in with another device since. A person who copied older cookies does not have this
    one."""


@dataclass(frozen=True)
class Device:
    mark: str
    signed_in_at: str

    @classmethod
    def of(cls, user: User) -> Self:
        """For the browser in which the person has just signed in."""
        return cls(tokens.digest(f"{user.id} {user.password_hash}"), _instant(user))


def standing(user: User | None, device: Device | None) -> DeviceTrust:
    if user is None or user.password_hash is None or device is None or device.mark != Device.of(user).mark:
        return DeviceTrust.STRANGER
    return DeviceTrust.NEWEST if device.signed_in_at == _instant(user) else DeviceTrust.KNOWN


def standing_in_session(user: User, device: Device | None) -> DeviceTrust:
    """A person who is signed in is no stranger, even without the cookie."""
    known_standing = standing(user, device)
    return DeviceTrust.KNOWN if known_standing is DeviceTrust.STRANGER else known_standing


def _instant(user: User) -> str:
    return user.signed_in_at.isoformat() if user.signed_in_at else ""
