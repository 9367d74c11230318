"""Stops mails of a topic to an address, and lets staff undo it."""

from sqlalchemy import delete, select

from portal.core import audit, clock
from portal.core.errors import NotVisible
from portal.core.transaction import lock, once_more, transaction
from portal.extensions import db
from portal.models import MailStop, Message, Topic, User
from portal.services.mail import events
from portal.services.mail.stops import tokens

SUBJECT, STOPPED, UNDONE = "mail stop", "stopped", "started again"
READER = "reader of a mail"
"""In the audit log: whoever has the link. Nobody knows who."""
LONGEST_REASON = 500
MOST = 500


def stop(token: str) -> Message:
    """Doing it again changes nothing. Raises NotVisible for a token that is none."""
    message = tokens.message_of(token)
    if message is None:
        raise NotVisible()
    once_more(lambda: _stop(message, events.named(message.event).topic))
    return message


def _stop(message: Message, topic: Topic) -> None:
    with transaction():
        if is_stopped(message.recipient_key, topic):
            return
        row = MailStop(address=message.recipient, topic=topic, stopped_at=clock.now())
        db.session.add(row)
        db.session.flush()
        audit.record(SUBJECT, row.id, STOPPED, by=READER, field=topic.value, after=row.address)


def is_stopped(address_key: str, topic: Topic) -> bool:
    rows = select(MailStop.id).where(MailStop.address_key == address_key, MailStop.topic == topic)
    return db.session.scalar(rows) is not None


def newest() -> list[MailStop]:
    """At most so many."""
    return list(db.session.scalars(select(MailStop).order_by(MailStop.id.desc()).limit(MOST)))


def undo(stop_id: int, *, reason: str, by: User) -> None:
    """Raises NotVisible."""
    with transaction():
        row = lock(MailStop, stop_id)
        audit.record(SUBJECT, row.id, UNDONE, by=by, field=row.topic.value, before=row.address, why=reason)
        db.session.execute(delete(MailStop).where(MailStop.id == row.id))
