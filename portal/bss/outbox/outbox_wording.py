"""What becomes of a mail, in the words of the staff."""

from datetime import date

from sqlalchemy import Row

from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext, written_day
from portal.models import Message, MessageState, NotSent, TryOutcome
from portal.services.mail import events
from portal.web.filters import due

STATES = {
    MessageState.WAITING: (lazy("Waits"), "queued", "clock"),
    MessageState.SENDING: (lazy("Being sent"), "queued", "clock"),
    MessageState.SENT: (lazy("Sent"), "sent", "synchronized"),
    MessageState.REFUSED: (lazy("Refused for good"), "refused", "failed"),
    MessageState.UNKNOWN: (lazy("Outcome unknown"), "unknown", "unconfirmed"),
    MessageState.NOT_SENT: (lazy("Not sent"), "off", "dash"),
    MessageState.ARRIVED: (lazy("Arrived, a person says"), "sent", "synchronized"),
}
"""Text, badge and icon."""
NOT_SENT = {
    NotSent.TOO_LATE: lazy("It could not be handed over in time"),
    NotSent.CODE_GONE: lazy("Its code may not be handed out any more"),
    NotSent.MALFORMED: lazy("Its address is none that a mail can be sent to"),
}
LINK_GONE = lazy("Its link is of no use to this person any more")
TRIES = {
    TryOutcome.SENT: lazy("Sent"),
    TryOutcome.REFUSED: lazy("Refused for good"),
    TryOutcome.LATER: lazy("Put off"),
    TryOutcome.UNKNOWN: lazy("Outcome unknown"),
    TryOutcome.STOPPED: lazy("Stopped before anything was sent"),
    None: lazy("Under way"),
}
ACTS = {"send again": lazy("To be sent again"), "arrived": lazy("Closed: it arrived")}
"""In the audit log."""


def title(name: str) -> str:
    """An event that is not known any more keeps its name."""
    event = events.EVENTS.get(name)
    return str(event.title) if event else name


def detail(message: Message, *, has_server: bool) -> str:
    """Below the outcome."""
    if message.state is MessageState.WAITING:
        return _waits(message, has_server)
    return why(message)


def why(message: Message | Row) -> str:
    """Why it was not sent, or what the server said instead of yes."""
    if message.cause_not_sent is not None:
        return str(LINK_GONE if _is_link_gone(message) else NOT_SENT[message.cause_not_sent])
    if message.state in (MessageState.REFUSED, MessageState.UNKNOWN):
        return message.reply
    return ""


def between(first: date | None, last: date | None) -> str | None:
    """The days of a filter."""
    if first and last:
        return _("%(first)s to %(last)s", first=written_day(first), last=written_day(last))
    if first:
        return _("from %(day)s", day=written_day(first))
    return _("up to %(day)s", day=written_day(last)) if last else None


def about(row: Row) -> str:
    """In a file."""
    if row.asset_id:
        return f"AS-{row.asset_id}"
    if row.assets:
        return ngettext("%(num)s asset", "%(num)s assets", row.assets)
    return f"ORD-{row.order_id}" if row.order_id else row.invoice or ""


def _is_link_gone(message: Message | Row) -> bool:
    return message.user_id is not None and message.cause_not_sent is NotSent.CODE_GONE


def _waits(message: Message, has_server: bool) -> str:
    if not has_server:
        return _("No mail server is set")
    if not message.tries_made:
        return ""
    return _("Next try %(when)s: %(reply)s", when=due(message.next_at), reply=message.reply or "–")
