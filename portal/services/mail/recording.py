"""What an outcome leads to. All inside a transaction that holds the message."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select

from portal.extensions import db
from portal.models import Message, MessageState, MessageTry, NotSent, TryOutcome
from portal.providers.smtp.outcomes import Later, Outcome, Refused, Sent, Unknown, Withdrawn
from portal.services import alerts, metrics
from portal.services.mail import events

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""Before the next try, as long as the mail lives; the last pause again and again."""
REPEAT_AFTER = timedelta(minutes=10)
MASK = "••••"

_OUTCOMES = {
    Sent: TryOutcome.SENT, Refused: TryOutcome.REFUSED, Later: TryOutcome.LATER, Unknown: TryOutcome.UNKNOWN,
    Withdrawn: TryOutcome.STOPPED,
}  # fmt: skip
_OPEN = (MessageState.WAITING, MessageState.SENDING, MessageState.UNKNOWN)
# For the staff: always in English, like the rest of the record.
ALERTS = {
    MessageState.UNKNOWN: "The outcome of a mail is unknown: it may have arrived. The outbox shows which.",
    MessageState.REFUSED: "The mail server refused a mail. The outbox shows which, and to which address.",
    MessageState.NOT_SENT: "A mail was not sent and will not be by itself. The outbox shows which, and why.",
}


def record(row: Message, number: int, outcome: Outcome, now: datetime, *, secret: str) -> None:
    """Of an answer that comes late only what is certain counts, and nothing after another try."""
    if row.tries_made != number:
        return
    kind, is_sending = _OUTCOMES[type(outcome)], row.state is MessageState.SENDING
    reply = getattr(outcome, "reply", "")
    reply = reply.replace(secret, MASK) if secret else reply
    may_repeat = _may_repeat(row)
    end_try(row, kind, reply, now)
    metrics.increment("mail", kind.value)
    if kind is TryOutcome.STOPPED or row.state not in _OPEN or kind is TryOutcome.UNKNOWN and not is_sending:
        return
    row.reply = reply
    if kind is TryOutcome.LATER:
        _wait(row, BACK_OFF[min(number, len(BACK_OFF)) - 1], now)
    elif kind is TryOutcome.UNKNOWN and may_repeat:
        _wait(row, REPEAT_AFTER, now)
    else:
        _settle(row, MessageState(kind.value), now)


def give_up(row: Message, cause: NotSent, now: datetime) -> None:
    row.cause_not_sent = cause
    _settle(row, MessageState.NOT_SENT, now)


def doubt(row: Message, now: datetime) -> None:
    """The database was restored: it may have been sent before."""
    if row.state is MessageState.WAITING:
        row.reply = "The database was restored from a backup: it may have been sent before."
        _settle(row, MessageState.UNKNOWN, now)


def end_try(row: Message, outcome: TryOutcome, reply: str, now: datetime) -> None:
    """Of the last try, if it is open, or unknown until now."""
    last = db.session.get(MessageTry, (row.id, row.tries_made), populate_existing=True) if row.tries_made else None
    if last is None or outcome is TryOutcome.STOPPED and last.outcome is not None:
        return
    if last.outcome in (None, TryOutcome.UNKNOWN):
        last.outcome, last.reply, last.ended_at = outcome, reply, now


def _wait(row: Message, pause: timedelta, now: datetime) -> None:
    if now + pause > row.give_up_at:
        give_up(row, NotSent.TOO_LATE, now)
        return
    row.state, row.next_at, row.version = MessageState.WAITING, now + pause, row.version + 1


def _settle(row: Message, state: MessageState, now: datetime) -> None:
    row.state, row.settled_at, row.version = state, now, row.version + 1
    if state in ALERTS:
        alerts.raise_once("mail", ALERTS[state], now, again=True)


def _may_repeat(row: Message) -> bool:
    """A mail without a secret, once: the same Message-ID lets mailboxes show one."""
    was_unknown = (MessageTry.message_id == row.id) & (MessageTry.outcome == TryOutcome.UNKNOWN)
    return not events.named(row.event).is_secret and not db.session.scalar(select(exists().where(was_unknown)))
