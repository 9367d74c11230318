"""The outbox: search, filters, pages, and one message. Only the distributor's staff see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, case, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from portal.core import access, paging
from portal.core.paging import Place, Slice
from portal.extensions import db
from portal.models import (
    Account,
    Asset,
    AuditEntry,
    Coupon,
    Invoice,
    Message,
    MessageState,
    Reminder,
    User,
    email_address,
)

CAP = 10_000
SUBJECT = "message"
"""In the audit log."""
MOST_ASSETS = 50
_ASSETS = select(func.count()).select_from(Reminder).where(Reminder.message_id == Message.id).scalar_subquery()


@dataclass(frozen=True)
class Filters:
    term: str = ""
    state: MessageState | None = None
    event: str | None = None
    account_id: int | None = None
    asset_id: int | None = None
    language: str | None = None
    first: datetime | None = None
    end: datetime | None = None
    """Written from the one instant on, and before the other."""


def page(viewer: User, filters: Filters, place: Place) -> Slice:
    """Rows of one message each, newest first. One statement."""
    return paging.page(_matching(viewer, filters), Message.created_at, place, descending=True)


def count(viewer: User, filters: Filters) -> int:
    """Up to CAP + 1."""
    rows = _matching(viewer, filters).with_only_columns(Message.id).limit(CAP + 1)
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def every(viewer: User, filters: Filters) -> Select:
    """All that match, newest first, as plain columns for a file. No text."""
    rows = _matching(viewer, filters).with_only_columns(
        Message.created_at, Message.event, Message.recipient, Message.recipient_name, Message.language,
        Message.asset_id, Message.order_id, Message.user_id, Message.state, Message.cause_not_sent, Message.reply,
        Message.tries_made, Message.settled_at, Message.message_id, Account.name.label("account"),
        Invoice.number.label("invoice"), case((Message.asset_id.is_(None), _ASSETS), else_=0).label("assets"),
    )  # fmt: skip
    rows = rows.join(Account, Account.id == Message.account_id).outerjoin(Invoice, Invoice.id == Message.invoice_id)
    return rows.order_by(Message.created_at.desc(), Message.id.desc())


def counts(viewer: User) -> dict[MessageState, int]:
    """Of what a person has to look at, each up to CAP + 1."""
    return {
        state: count(viewer, Filters(state=state))
        for state in (MessageState.UNKNOWN, MessageState.REFUSED, MessageState.NOT_SENT)
    }


def visible_message(viewer: User, message_id: int) -> Message:
    """With its tries and its account. Raises NotVisible."""
    rows = _visible(viewer).where(Message.id == message_id)
    return access.the_one(
        rows.options(joinedload(Message.account), joinedload(Message.closed_by), selectinload(Message.tries))
    )


def numbers_of_assets(messages: Sequence[Message]) -> dict[int, int]:
    """Of those that tell of several assets at once, by id. One statement, or none."""
    ids = [each.id for each in messages if each.tells_of_several]
    rows = select(Reminder.message_id, func.count()).where(Reminder.message_id.in_(ids)).group_by(Reminder.message_id)
    return {message_id: number for message_id, number in db.session.execute(rows)} if ids else {}


def assets_of(message: Message) -> Sequence[Row]:
    """Of which it tells: at most MOST_ASSETS, with the account, the day that comes near and the step."""
    rows = (
        select(Asset.id, Asset.name, Account.name.label("account"), Reminder.day, Reminder.step)
        .join(Asset, Asset.id == Reminder.asset_id)
        .join(Account, Account.id == Asset.account_id)
        .where(Reminder.message_id == message.id)
    )
    return db.session.execute(rows.order_by(Reminder.day, Asset.id).limit(MOST_ASSETS)).all()


def mask_of(message: Message) -> str:
    """The mask of the code or of the link that it holds; empty without one."""
    if message.holds_link:
        return "••••"
    if message.coupon_id is None:
        return ""
    coupon = db.session.get(Coupon, message.coupon_id)
    return f"•••• {coupon.mask}"


def history(message: Message) -> list[AuditEntry]:
    """What people did with it, newest first."""
    is_its = (AuditEntry.subject == SUBJECT, AuditEntry.subject_id == message.id)
    return list(db.session.scalars(select(AuditEntry).where(*is_its).order_by(AuditEntry.id.desc())))


def refused_addresses(addresses: list[str | None]) -> dict[str, Message]:
    """Those of these addresses that refused the last mail whose outcome is certain. One statement, or none."""
    keys = {each: email_address.canonical(each) for each in addresses if each}
    if not keys:
        return {}
    certain = Message.state.in_((MessageState.SENT, MessageState.REFUSED, MessageState.ARRIVED))
    last = select(func.max(Message.id)).where(Message.recipient_key.in_(set(keys.values())), certain)
    rows = select(Message).where(Message.id.in_(last.group_by(Message.recipient_key)))
    refused = {row.recipient_key: row for row in db.session.scalars(rows) if row.state is MessageState.REFUSED}
    return {address: refused[key] for address, key in keys.items() if key in refused}


def _visible(viewer: User) -> Select[tuple[Message]]:
    return select(Message).where(true() if viewer.is_staff else false())


def _matching(viewer: User, filters: Filters) -> Select[tuple[Message]]:
    return _visible(viewer).where(*_conditions(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    wanted = {Message.state: filters.state, Message.event: filters.event, Message.language: filters.language}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    whose = {Message.account_id: filters.account_id, Message.asset_id: filters.asset_id}
    conditions += [_is_of(column, value) for column, value in whose.items() if value is not None]
    conditions += [Message.created_at >= filters.first] if filters.first else []
    conditions += [Message.created_at < filters.end] if filters.end else []
    return [*conditions, _is_about(filters.term)] if filters.term else conditions


def _is_of(column: InstrumentedAttribute, value: int) -> ColumnElement[bool]:
    """A mail that tells of several assets is of none by itself, but of each of them."""
    reminders = select(Reminder.message_id).where(getattr(Reminder, column.key) == value)
    return or_(column == value, Message.id.in_(reminders.where(Reminder.message_id.is_not(None))))


def _is_about(term: str) -> ColumnElement[bool]:
    """The recipient’s address or name, or the number of an asset or order."""
    number = term.upper().removeprefix("AS-").removeprefix("ORD-")
    row_id = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
    return or_(
        Message.recipient_key.contains(email_address.canonical(term), autoescape=True),
        Message.recipient_name.icontains(term, autoescape=True),
        *([_is_of(Message.asset_id, row_id), Message.order_id == row_id] if row_id else []),
    )


def asset_number(asset_id: int | None) -> str | None:
    """None if there is no such asset."""
    found = db.session.scalar(select(Asset.id).where(Asset.id == asset_id)) if asset_id else None
    return f"AS-{found}" if found else None
