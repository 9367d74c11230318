"""What people do and see in these tests, each act in a context of its own, as in a process of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from flask import Flask
from sqlalchemy import select

from portal.core import access
from portal.extensions import db
from portal.models import Alert, Asset, Attempt, AuditEntry, Connection, Coupon, CouponStanding, Exchange, User
from portal.providers.base import Outcome
from portal.services import assets, connection, ordering, provisioning
from portal.services.provisioning import lookups
from portal.services.provisioning.begin_send import Send, new_deadline
from portal.services.provisioning.record_outcome import Answer, record_outcome
from tests.build import World

KEYS = count(1)


class Shop:
    def __init__(self, app: Flask, world: World):
        self.app, self.world = app, world

    def order(self, *, key: str | None = None, quantity: int = 25) -> int:
        """The new asset's id."""
        with self.app.app_context():
            order = ordering.place(
                key=key or f"shop-{next(KEYS)}", account_id=self.world.customer.id, product_id=self.world.mailbox.id,
                quantity=quantity, name="", by=self.dana,
            )  # fmt: skip
            return order.lines[0].asset_id

    def press(self, asset_id: int, version: int | None = None) -> None:
        self.act(asset_id, provisioning.request, version=version)

    def save(self, asset_id: int, version: int | None = None, **typed) -> bool:
        asset = self.asset(asset_id)
        same = {name: getattr(asset, name) for name in ("name", "note", "expire_days", "validity_days")}
        return self.act(asset_id, assets.save, version=version, **(same | typed))

    def attach(self, asset_id: int, code: str, **more) -> None:
        self.act(asset_id, assets.attach, code=code, reason="Found in BitTitan’s portal.", **more)

    def attest(self, asset_id: int) -> None:
        self.act(asset_id, assets.attest, reason="BitTitan’s support says so.")

    def cancel(self, asset_id: int) -> None:
        self.act(asset_id, assets.cancel, reason="Ordered twice.")

    def answer(self, asset_id: int, outcome: Outcome) -> None:
        """What BitTitan answered to the newest send comes now, however late."""
        attempt = self.attempt(asset_id)
        with self.app.app_context():
            order = lookups.order_of(attempt)
            send = Send(attempt.id, asset_id, attempt.send_number, order, new_deadline(), (None, 0))
            record_outcome(Answer(send, outcome))

    def act(self, asset_id: int, act: Callable, version: int | None = None, **arguments):
        with self.app.app_context():
            asset = access.visible_asset(self.dana, asset_id)
            return act(asset, version=asset.version if version is None else version, by=self.dana, **arguments)

    def connect(self) -> str:
        with self.app.app_context():
            return connection.connect(by="command line")

    @property
    def dana(self) -> User:
        """In the context of the act."""
        return db.session.get(User, self.world.dana.id)

    def asset(self, asset_id: int) -> Asset:
        return self._read(lambda: db.session.get(Asset, asset_id))

    def status(self, asset_id: int) -> str:
        return self.asset(asset_id).sync_status.value

    def attempt(self, asset_id: int) -> Attempt:
        """The newest."""
        return self.all(Attempt, Attempt.asset_id == asset_id, order=Attempt.number)[-1]

    def state(self, asset_id: int) -> str:
        return self.attempt(asset_id).state.value

    def code(self, asset_id: int) -> str | None:
        rows = self.all(Coupon, Coupon.asset_id == asset_id, Coupon.standing == CouponStanding.RECORDED)
        return rows[0].code if rows else None

    def standings(self, asset_id: int) -> list[str]:
        return [row.standing.value for row in self.all(Coupon, Coupon.asset_id == asset_id)]

    def exchanges(self, asset_id: int) -> list[Exchange]:
        attempts = select(Attempt.id).where(Attempt.asset_id == asset_id)
        return self.all(Exchange, Exchange.attempt_id.in_(attempts))

    def alerts(self, kind: str) -> list[Alert]:
        return self.all(Alert, Alert.kind == kind)

    def audit(self, asset_id: int) -> list[AuditEntry]:
        return self.all(AuditEntry, AuditEntry.subject == "asset", AuditEntry.subject_id == asset_id)

    def connection(self) -> Connection:
        return self._read(lambda: db.session.get(Connection, 1))

    def all(self, model, *where, order=None) -> list:
        query = select(model).where(*where).order_by(model.id if order is None else order)
        return self._read(lambda: list(db.session.scalars(query)))

    def _read(self, read: Callable):
        with self.app.app_context():
            return read()


def at_once(number: int, act: Callable[[], object]) -> list[object]:
    """What each of them returned, or raised."""
    barrier = threading.Barrier(number)

    def one(_) -> object:
        barrier.wait()
        try:
            return act()
        except Exception as failure:
            return failure

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))
