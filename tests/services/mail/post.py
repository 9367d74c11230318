"""Mails of a test: written, sent by a worker's step, and looked at."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Message, MessageTry
from portal.services.mail import events, outbox, sending
from tests.build import World
from tests.saved import now

CARL = outbox.Recipient("carl@customer.example", "Carl", "en")
VALUES = {
    "quantity": 5, "product": "Mailbox", "account": "Brightwood Dental", "asset": "Mailboxes",
    "redeem_by": "12 Mar 2027", "validity_days": 365, "link": "https://portal.example/storefront/billing/assets/1",
}  # fmt: skip


class Post:
    def __init__(self, app: Flask, world: World):
        self.app, self.world = app, world

    def write(
        self, event: events.Event = events.WELCOME_LINK, to: outbox.Recipient = CARL, *, asset: Asset | None = None,
        cause: str = "", **values: object,
    ) -> None:  # fmt: skip
        asset = asset or self.world.asset("synchronized")
        with self.app.app_context(), transaction():
            is_its = (Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.RECORDED)
            coupon = db.session.scalar(select(Coupon).where(*is_its)) if event.is_secret else None
            about = outbox.About(
                cause or f"asset-{asset.id}", asset.account_id, asset=db.session.get(Asset, asset.id), coupon=coupon
            )
            outbox.write(event, about, to, VALUES | values, now())

    def step(self) -> None:
        """What a worker does when its mail job is due."""
        with self.app.app_context():
            sending.step()

    def later(self, **passed: float) -> None:
        """All mails that are not settled were written and begun so much earlier; then a step."""
        self.age(timedelta(**passed))
        self.step()

    def age(self, by: timedelta) -> None:
        names = ("created_at", "next_at", "give_up_at", "begun_at")
        with self.app.app_context():
            for row in self.all():
                if row.is_settled:
                    continue
                earlier = {name: moment - by for name in names if (moment := getattr(row, name))}
                with transaction():
                    db.session.execute(update(Message).where(Message.id == row.id).values(**earlier))

    def all(self) -> list[Message]:
        return self.reading(lambda: list(db.session.scalars(select(Message).order_by(Message.id))))

    def one(self) -> Message:
        (message,) = self.all()
        return message

    def tries(self) -> list[str]:
        """Their outcomes, in order."""
        rows = select(MessageTry).order_by(MessageTry.message_id, MessageTry.number)
        found = self.reading(lambda: list(db.session.scalars(rows)))
        return [each.outcome.value if each.outcome else "open" for each in found]

    def reading(self, read: Callable):
        with self.app.app_context():
            return read()
