"""What people do with a mail: send it again, say that it arrived, open it with its code."""

from portal.core import audit, clock
from portal.core.errors import Conflict, InvalidInput, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.models import Message, MessageState, User
from portal.services import limits
from portal.services.mail import events, message_list, secret_parts

LONGEST_REASON = 500


def send_again(message_id: int, *, is_sure: bool, reason: str, version: int, by: User) -> None:
    """With the same Message-ID; a link in it is a new one, and ends the one before. Raises InvalidInput without the
    tick or a reason, StaleVersion, Conflict if it is under way or its code or link may not be handed out any more."""
    if not is_sure:
        raise InvalidInput("is_sure", _("Tick this first: it may arrive twice."))
    with transaction():
        row = _locked(message_id, version)
        if not row.is_settled:
            raise Conflict(_("It is under way. Wait for its outcome."))
        if secret_parts.found(row) is None:
            raise Conflict(_no_more(row))
        now, before = clock.now(), row.state
        row.state, row.cause_not_sent, row.settled_at, row.closed_by_id = MessageState.WAITING, None, None, None
        row.next_at, row.give_up_at, row.version = now, now + events.named(row.event).lives, row.version + 1
        _record(row, "send again", by, before=before, why=reason)


def close_as_arrived(message_id: int, *, reason: str, version: int, by: User) -> None:
    """Raises StaleVersion, and Conflict unless its outcome is unknown."""
    with transaction():
        row = _locked(message_id, version)
        if row.state is not MessageState.UNKNOWN:
            raise Conflict(_("Its outcome is not unknown any more."))
        row.state, row.closed_by_id, row.settled_at = MessageState.ARRIVED, by.id, clock.now()
        row.version += 1
        _record(row, "arrived", by, why=reason)


def reveal(message: Message, *, by: User) -> str:
    """The code that the mail holds. Records the reveal before it returns the code. Raises Conflict, BudgetSpent."""
    if message.coupon_id is None:
        raise Conflict(_("This mail holds no code."))
    limits.check(limits.REVEALED, by=by)
    with transaction():
        code = secret_parts.code_of(lock(Message, message.id))
        if code is None:
            raise Conflict(_("Its code may not be handed out any more. The page of the asset says why."))
        audit.record("asset", message.asset_id, "reveal", by=by, field="mail", after=message.recipient)
        return code


def _no_more(row: Message) -> str:
    if row.holds_link:
        return _("Its link is of no use to this person any more. Nothing is sent.")
    return _("Its code may not be handed out any more. Nothing is sent.")


def _locked(message_id: int, version: int) -> Message:
    row = lock(Message, message_id)
    if row.version != version:
        raise moved()
    return row


def moved() -> StaleVersion:
    return StaleVersion(_("Something happened to it in the meantime. Look at it, then press again."))


def _record(row: Message, act: str, by: User, *, before: MessageState | None = None, why: str | None = None) -> None:
    audit.record(message_list.SUBJECT, row.id, act, by=by, before=before, after=row.state, why=why or None)
