"""The token of a link that stops mails: the number of a message, signed. Whose address that is, only the database says.

It works as long as `SECRET_KEY` stays the same. Whoever has it can stop the mails of one topic to one address.
"""

from itsdangerous import BadSignature, URLSafeSerializer

from portal.extensions import db, settings
from portal.models import Message
from portal.services.mail import events


def make(message: Message) -> str:
    return _serializer().dumps(message.id)


def link(message: Message) -> str | None:
    """None for a mail that cannot be stopped."""
    if not _can_be_stopped(message):
        return None
    return f"{settings().mail.portal_url}/stop/{make(message)}"


def message_of(token: str) -> Message | None:
    try:
        message_id = _serializer().loads(token)
    except BadSignature:
        return None
    message = db.session.get(Message, message_id)
    return message if message is not None and _can_be_stopped(message) else None


def _can_be_stopped(message: Message) -> bool:
    event = events.EVENTS.get(message.event)
    return event is not None and event.topic is not None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="portal.stop")
