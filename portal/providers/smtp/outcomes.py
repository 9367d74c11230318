"""What became of a mail that was handed to the server. `reply`: what the server said, or what broke."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """The server has taken it."""

    reply: str


@dataclass(frozen=True)
class Refused:
    """For good: it has not taken it and never will."""

    reply: str


@dataclass(frozen=True)
class Later:
    """It has certainly not taken it; another try may succeed."""

    reply: str
    is_servers: bool = False
    """No mail can be handed over now, whoever it is for."""


@dataclass(frozen=True)
class Unknown:
    """The text was sent, and no answer came. It may arrive."""

    reply: str


@dataclass(frozen=True)
class Withdrawn:
    """`begin` said no, so nothing was sent."""


Outcome = Sent | Refused | Later | Unknown | Withdrawn
