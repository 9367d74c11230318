"""What is told by mail."""

from dataclasses import dataclass
from datetime import timedelta

from flask_babel.speaklater import LazyString

from portal.models import Topic


@dataclass(frozen=True)
class Event:
    name: str
    title: LazyString
    """In the outbox."""
    subject: LazyString
    text: LazyString
    is_secret: bool = False
    """Holds a code or a one-time link: an unknown outcome is never repeated without a person."""
    lives: timedelta = timedelta(days=2)
    """If it cannot be handed over for so long, it is given up."""
    topic: Topic | None = None
    """What its reader can stop with one click."""
