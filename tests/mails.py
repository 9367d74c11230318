"""Mails for tests, as rows."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import func, select

from portal.extensions import db
from portal.models import (
    CODE_MARK,
    Asset,
    Coupon,
    CouponStanding,
    MailStop,
    MailTextVersion,
    Message,
    MessageState,
    MessageTry,
    Reminder,
    ReminderKind,
    Topic,
    TryOutcome,
)
from tests.saved import now, saved

_TRIED = {MessageState[each.name]: each for each in (TryOutcome.SENT, TryOutcome.REFUSED, TryOutcome.UNKNOWN)}


def mail(
    world, asset: Asset | None = None, *, state: str = "unknown", recipient: str = "carl@customer.example", **columns
) -> Message:  # fmt: skip
    """Holds the code of this synchronized asset."""
    asset = asset or world.asset("synchronized")
    state = MessageState(state)
    with world.transaction():
        is_its = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.RECORDED)
        values = {
            "event": "welcome", "cause": f"asset-{asset.id}", "account_id": asset.account_id, "asset_id": asset.id,
            "coupon_id": db.session.scalar(select(Coupon.id).where(*is_its)), "recipient": recipient,
            "recipient_name": "Carl", "language": "en", "subject": "Your licences are ready",
            "text": f"Hello,\n\n{CODE_MARK}\n\nSee it in the portal:\nhttps://portal.example/x", "state": state,
            "created_at": now(), "next_at": now(), "give_up_at": now() + timedelta(days=2),
        }  # fmt: skip
        message = saved(Message(**values | columns))
        if state in _TRIED:
            message.tries_made = 1
            saved(MessageTry(message_id=message.id, number=1, began_at=now(), outcome=_TRIED[state], reply="no answer"))
        return message


def text(world, event: str = "welcome", language: str = "en", **texts: str | None) -> MailTextVersion:
    """The next version; its text is one that may be saved."""
    like = (MailTextVersion.event == event, MailTextVersion.language == language)
    values = {"subject": "Your licences", "text": "Here it is:\n\n{{ code }}"} | texts
    with world.transaction():
        number = (db.session.scalar(select(func.max(MailTextVersion.number)).where(*like)) or 0) + 1
        whose = {"saved_at": now(), "saved_by_id": world.dora.id}
        return saved(MailTextVersion(event=event, language=language, number=number, **values, **whose))


def reminders(world, assets: list[Asset], recipient: str = "carl@customer.example") -> Message:
    """One mail of the reminders of these assets."""
    none = {"asset_id": None, "coupon_id": None, "text": "Hello,\n\n2 codes"}
    message = mail(world, assets[0], state="sent", recipient=recipient, event="reminders", **none)
    with world.transaction():
        for asset in assets:
            row = {"day": asset.redeem_by, "step": 7, "account_id": asset.account_id, "message_id": message.id}
            db.session.add(
                Reminder(asset_id=asset.id, kind=ReminderKind.DUE, recipient_key=message.recipient_key, **row)
            )
    return message


def stopped(world, address: str = "", topic: Topic = Topic.REMINDERS) -> MailStop:
    with world.transaction():
        return saved(MailStop(address=address or f"{uuid4().hex[:8]}@elsewhere.example", topic=topic, stopped_at=now()))
