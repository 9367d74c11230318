"""Sends mails, in three transactions: claim, begin, record. None is open while the mail server is talked to.

Until `begin` has committed, nothing of a mail has been sent: if the worker is killed before, the mail is due again
after a while. From then on the server may have it. If no answer can be recorded, it is unknown, and a mail with a
secret is never repeated by itself.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError

from portal.core import clock
from portal.core.transaction import lock, transaction
from portal.extensions import db, settings
from portal.mail_settings import MailServer
from portal.models import Connection, Message, MessageState, MessageTry, NotSent, TryOutcome
from portal.providers.smtp import sending as smtp
from portal.providers.smtp.outcomes import Later, Outcome, Unknown
from portal.services.mail import events, letter, recording, secret_parts

PAUSE = timedelta(seconds=2)
"""Between two looks for mails that are due."""
NO_SERVER = timedelta(minutes=1)
UNWELL = timedelta(seconds=30)
"""After the server did not answer or takes no mail at all. Each unknown mail costs a person’s time, so they come
singly."""
BATCH = 15
"""Seconds after which a step begins no more mails: it must end within the lease of its job."""
MARGIN = timedelta(seconds=60)
"""Beyond the time that one mail may take, until its worker counts as gone."""
FIRST_AFTER = timedelta(0)
RECORD_AGAIN = (0.0, 0.5, 2.0, 5.0)
"""Seconds before another try to record an outcome. Until it is recorded, it exists only in this process."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claimed:
    """A mail that is due, as it is to be sent."""

    message_id: int
    number: int
    recipient: str
    content: bytes
    secret: str
    """A code, or the token of a link; empty without one."""


def step() -> datetime:
    """Returns when the next one is due. Without a mail server the mails stand where they are."""
    server = settings().mail.server
    if server is None:
        return clock.now() + NO_SERVER
    until = time.monotonic() + BATCH
    _settle_interrupted(server)
    if _is_frozen():
        return clock.now() + NO_SERVER
    while time.monotonic() < until:
        claimed = _claim(server)
        if claimed is None:
            return clock.now() + PAUSE
        outcome = _hand_over(claimed, server)
        if isinstance(outcome, Unknown) or isinstance(outcome, Later) and outcome.is_servers:
            return clock.now() + UNWELL
    return clock.now()


def _claim(server: MailServer) -> Claimed | None:
    """None if nothing is due. What cannot be sent any more is settled on the way."""
    while _is_any(_due(clock.now())):
        with transaction("mail claim"):
            now = clock.now()
            row = db.session.scalar(_due(now).with_for_update(skip_locked=True))
            secret = None if row is None else secret_parts.found(row)
            if row is None:
                return None
            if row.give_up_at <= now or secret is None:
                recording.give_up(row, NotSent.CODE_GONE if secret is None else NotSent.TOO_LATE, now)
                continue
            try:
                return _begin_try(row, server, secret, now)
            except (ValueError, MessageError):  # of the address, or of a header
                recording.give_up(row, NotSent.MALFORMED, now)
    return None


def _begin_try(row: Message, server: MailServer, secret: str, now: datetime) -> Claimed:
    recording.end_try(row, TryOutcome.STOPPED, "", now)
    row.next_at = now + _longest(server)  # nobody else takes it; if this worker is killed, it is due again
    row.tries_made += 1
    row.message_id = row.message_id or letter.new_message_id(server)
    db.session.add(MessageTry(message_id=row.id, number=row.tries_made, began_at=now))
    content = letter.compose(row, server, secret, now)
    return Claimed(row.id, row.tries_made, letter.wire_address(row.recipient), content, secret)


def _hand_over(claimed: Claimed, server: MailServer) -> Outcome:
    outcome = smtp.send(server, claimed.recipient, claimed.content, lambda: _begin(claimed))
    for pause in RECORD_AGAIN:
        try:
            _record(claimed, outcome)
            return outcome
        except SQLAlchemyError:
            log.exception("what became of mail %s is recorded once more", claimed.message_id)
            time.sleep(pause)
    _record(claimed, outcome)
    return outcome


def _record(claimed: Claimed, outcome: Outcome) -> None:
    with transaction("mail record"):
        row = lock(Message, claimed.message_id)
        recording.record(row, claimed.number, outcome, clock.now(), secret=claimed.secret)


def _begin(claimed: Claimed) -> bool:
    """The server has accepted sender and recipient. False if the mail must not be sent any more."""
    with transaction("mail begin"):
        row, now = lock(Message, claimed.message_id), clock.now()
        if row.state is not MessageState.WAITING or row.tries_made != claimed.number:
            return False
        if not secret_parts.goes_out(row, claimed.secret, now):
            recording.give_up(row, NotSent.CODE_GONE, now)
            return False
        row.state, row.begun_at = MessageState.SENDING, now
    return True


def _settle_interrupted(server: MailServer) -> None:
    """Of workers that ended after `begin` and before they could record."""
    limit = clock.now() - _longest(server)
    is_old = (Message.state == MessageState.SENDING, Message.begun_at < limit)
    ids = list(db.session.scalars(select(Message.id).where(*is_old).limit(100)))
    db.session.commit()
    for message_id in ids:
        with transaction("mail record"):
            row = lock(Message, message_id)
            if row.state is MessageState.SENDING and row.begun_at < limit:
                recording.record(row, row.tries_made, Unknown("The worker was stopped."), clock.now(), secret="")


def _is_frozen() -> bool:
    """After a restore nothing is sent until a person releases. What waited in the backup may have been sent since."""
    connection = db.session.get(Connection, 1, populate_existing=True)
    frozen_at = connection and connection.frozen_at
    if frozen_at is None:
        return False
    is_old = (Message.state == MessageState.WAITING, Message.created_at < frozen_at)
    secrets = Message.event.in_([event.name for event in events.EVENTS.values() if event.is_secret])
    ids = list(db.session.scalars(select(Message.id).where(*is_old, secrets).limit(100)))
    for message_id in ids:
        with transaction("mail record"):
            recording.doubt(lock(Message, message_id), clock.now())
    db.session.commit()
    return True


def _longest(server: MailServer) -> timedelta:
    return timedelta(seconds=server.timeout) + MARGIN


def _due(now: datetime) -> Select[tuple[Message]]:
    is_due = (Message.state == MessageState.WAITING, Message.next_at <= now)
    return select(Message).where(*is_due).order_by(Message.next_at, Message.id).limit(1)


def _is_any(due: Select) -> bool:
    """Usually nothing is due, and this check avoids a writing transaction."""
    found = db.session.scalar(due.with_only_columns(Message.id)) is not None
    db.session.commit()
    return found
