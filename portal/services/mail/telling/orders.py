"""An order waits for approval, was approved, or was rejected."""

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db, settings
from portal.models import Account, Order, Right, User
from portal.services.mail import events, outbox
from portal.services.mail.events import Event
from portal.services.mail.outbox import About, Recipient

MOST_APPROVERS = 20


def waits(order: Order, payer: Account, buyer: Account, by: User, now: datetime) -> None:
    """Inside a transaction. To each person of the payer who may approve it."""
    people = select(User).where(User.account_id == payer.id, User.disabled_at.is_(None)).order_by(User.id)
    able = [person for person in db.session.scalars(people) if person.may(Right.ORDER) and person.id != by.id]
    for person in able[:MOST_APPROVERS]:
        _tell(events.AWAITING_APPROVAL, order, buyer, person, now, path="approvals", person=by.name)


def decided(order: Order, *, is_approved: bool, by: User, now: datetime) -> None:
    """Inside a transaction. To who placed it, unless that is the person who decided, or one of the staff."""
    buyer = db.session.get(Account, order.account_id)
    person = db.session.get(User, order.placed_by_id) if order.placed_by_id else None
    if person is None or person.id == by.id or person.is_staff or not person.is_active:
        return
    event = events.APPROVED if is_approved else events.REJECTED
    _tell(event, order, buyer, person, now, path=f"orders/{order.id}", reason=order.reason)


def _tell(
    event: Event, order: Order, buyer: Account, to: User, now: datetime, *, path: str, **values: object
) -> None:  # fmt: skip
    recipient = Recipient(to.email, to.name, to.mail_language)
    values |= {"order": order.number, "buyer": buyer.name, "licences": order.licences}
    values["link"] = f"{settings().mail.portal_url}/storefront/{path}"
    outbox.write(event, About(f"order-{order.id}", order.account_id, order=order), recipient, values, now)
