"""Makers of saved rows. A `World` is the smallest distributor on which every kind of person can be met.

    Meridian Distribution    dana (operator), dora (admin), vera (viewer)
      Northlight IT          paula (admin), pavel (operator), penny (viewer)
        Brightwood Dental    carl (operator), cora (customer's admin), cleo (viewer)
      Rivera Cloud           rita (admin)
        Quayside Hotel       remy (operator)
      Harbour School         a customer directly under the distributor; nobody signs in there

Rows come back loaded and detached, or attached to the session of an app context that the test itself opened.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count

from flask import Flask, has_app_context
from sqlalchemy import select

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import (
    Account,
    AccountKind,
    Alert,
    Asset,
    Attempt,
    BulkState,
    Coupon,
    CouponStanding,
    ItemState,
    Retry,
    RetryItem,
    RetryOrigin,
    Role,
    SyncStatus,
    User,
)
from portal.sandbox.storage.shapes import organization_id
from tests import history
from tests.build_catalog import CatalogBuilder
from tests.build_invoices import InvoiceBuilder
from tests.build_orders import OrderBuilder
from tests.people import HASH, PEOPLE
from tests.saved import now, saved


class World(CatalogBuilder, OrderBuilder, InvoiceBuilder):
    """Attributes: the accounts, `mailbox` and `bundle` (products), and one for each of the people."""

    def __init__(self, app: Flask):
        self.app = app
        self._numbers = count(1)
        with self.transaction():
            self._accounts()
            self._people()
            self._catalog()

    def __getstate__(self) -> dict:
        return vars(self) | {"app": None, "_numbers": next(self._numbers)}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state | {"_numbers": count(state["_numbers"])})

    def of(self, app: Flask) -> "World":
        """This world, whose rows are in that app’s database already."""
        self.app = app
        if has_app_context():
            db.session.add_all(row for row in vars(self).values() if isinstance(row, db.Model))
        return self

    @contextmanager
    def transaction(self):
        """A writing transaction, in the test's own app context if it has one."""
        if has_app_context():
            with transaction():
                yield
            return
        with self.app.app_context(), transaction():
            yield

    def account(
        self, kind: str = "customer", *, parent: Account | None = None, synced: bool = True, **columns
    ) -> Account:
        with self.transaction():
            return self._account(kind, parent=parent, synced=synced, **columns)

    def user(self, account: Account, role: Role = Role.OPERATOR, **columns) -> User:
        with self.transaction():
            return self._user(account, role, **columns)

    def asset(self, status: str = "failed", *, account: Account | None = None, attempts: int = 1, **columns) -> Asset:
        """With the order, attempts, exchanges, work and coupon that belong to this status.

        `code=` is the coupon's; `attempt=` holds columns of the last attempt.
        """
        return self.assets(1, status, account=account, attempts=attempts, **columns)[0]

    def assets(self, number: int, status: str = "failed", *, account: Account | None = None, **columns) -> list[Asset]:
        with self.transaction():
            return [self._asset(SyncStatus(status), account or self.customer, **columns) for _ in range(number)]

    def surplus(self, asset: Asset, **columns) -> Coupon:
        """A coupon beyond the one recorded, in the register."""
        with self.transaction():
            return saved(history.surplus(asset, next(self._numbers), **columns))

    def alert(self, text: str = "Something to look into.", **columns) -> Alert:
        with self.transaction():
            return saved(Alert(**{"kind": "surplus", "text": text, "raised_at": now()} | columns))

    def retry(self, state: str = "prepared", assets: list[Asset] | None = None) -> Retry:
        """Of failed assets; once it has ended, with the attempt that failed."""
        assets = assets or self.assets(2)
        with self.transaction():
            at = {} if state == "prepared" else {"started_by_id": self.dana.id, "started_at": now()}
            at |= {"ended_at": now()} if state not in ("prepared", "running") else {}
            made = {"origin": RetryOrigin.PICKED, "made_by_id": self.dana.id, "made_at": now()}
            retry = saved(Retry(state=BulkState(state), **made, **at))
            for asset in assets:
                attempt = self.attempts_of(asset)[-1] if "ended_at" in at else None
                item_state = ItemState.REQUESTED if attempt else ItemState.WAITING
                row = RetryItem(retry_id=retry.id, asset_id=asset.id, version=asset.version, state=item_state)
                row.attempt_id = attempt and attempt.id
                saved(row)
            return retry

    def reload(self, row):
        """The row as the database has it now."""
        return self._reading(lambda: self._again(row))

    def find(self, model, row_id: int):
        """None if there is no such row."""
        return self._reading(lambda: db.session.get(model, row_id))

    def code_of(self, asset: Asset) -> str | None:
        """The whole code, as BitTitan wrote it."""
        query = select(Coupon.code).where(Coupon.asset_id == asset.id, Coupon.standing == CouponStanding.RECORDED)
        return self._reading(lambda: db.session.scalar(query))

    def attempts_of(self, asset: Asset) -> list[Attempt]:
        query = select(Attempt).where(Attempt.asset_id == asset.id).order_by(Attempt.number)
        return self._reading(lambda: list(db.session.scalars(query)))

    def _reading(self, read):
        if has_app_context():
            return read()
        with self.app.app_context():
            return read()

    def edit(self, row, **columns):
        """Changes the saved row directly, as another process would; moves no version."""
        with self.transaction():
            fresh = self._again(row)
            for name, value in columns.items():
                setattr(fresh, name, value)
            return fresh

    @cached_property
    def asset_of_carl(self) -> Asset:
        return self.asset()

    @cached_property
    def foreign_asset(self) -> Asset:
        """Of a rival's customer."""
        return self.asset(account=self.rival_customer)

    @staticmethod
    def _again(row):
        return db.session.get(type(row), row.id, populate_existing=True)

    def _accounts(self) -> None:
        self.distributor = self._account(
            "distributor", code="DIST-1", name="Meridian Distribution", bittitan_email="ops@meridian.example"
        )
        self.partner = self._account("partner", code="NORTH", name="Northlight IT")
        self.customer = self._account(parent=self.partner, code="BRIGHT", name="Brightwood Dental")
        self.rival = self._account("partner", code="RIVERA", name="Rivera Cloud", currency="USD")
        self.rival_customer = self._account(parent=self.rival, code="QUAY", name="Quayside Hotel", currency="USD")
        self.direct_customer = self._account(code="HARBOUR", name="Harbour School")

    def _people(self) -> None:
        for nick, (account, role, name) in PEOPLE.items():
            row = self._user(
                getattr(self, account), role, name=name, email=f"{nick}@{account.replace('_', '-')}.example"
            )
            setattr(self, nick, row)

    def _account(
        self, kind: str = "customer", *, parent: Account | None = None, synced: bool = True, **columns
    ) -> Account:
        number = next(self._numbers)
        name = columns.setdefault("name", f"Account {number}")
        email = columns.setdefault("bittitan_email", f"bittitan@account-{number}.example")
        parent = parent or (None if kind == "distributor" else self.distributor)
        link = {"organization_id": organization_id(email), "organization_name": name, "synchronized_at": now()}
        values = {
            "code": f"ACC-{number:04}", "contact_email": f"hello@account-{number}.example", "country": "DE",
            "billing_email": f"bills@account-{number}.example", "currency": "EUR", "created_at": now(),
        } | (link if synced else {}) | columns  # fmt: skip
        tree = {"parent_id": parent.id, "branch_id": parent.branch_id} if parent else {}
        account = saved(Account(kind=AccountKind(kind), **tree, **values))
        if parent is not None and account.branch_id is None:
            account.branch_id = account.id
            db.session.flush()
        return account

    def _user(self, account: Account, role: Role, **columns) -> User:
        number = next(self._numbers)
        values = {
            "name": f"Person {number}", "email": f"person-{number}@example.example", "password_hash": HASH,
            "created_at": now(),
        } | columns  # fmt: skip
        user = User(account_id=account.id, role=role, **values)
        user.account = account
        return saved(user)

    def _asset(
        self, status: SyncStatus, account: Account, *, attempts: int = 1, code=None, attempt=None, **columns
    ) -> Asset:
        payer = columns.pop("billed_account", None) or self.payer_of(account)
        product = columns.pop("product", None) or self.mailbox
        day = columns.get("purchased_on") or clock.today() - timedelta(days=10)
        days = columns.setdefault("expire_days", product.expire_days)
        price = next(price for price in product.prices if price.currency == payer.currency)
        values = {
            "name": product.name, "quantity": 25, "unit_price": price.amount, "currency": price.currency,
            "purchased_on": day, "redeem_by": day + timedelta(days=days), "validity_days": product.validity_days,
            "reference": f"asset-{next(self._numbers):08}-{datetime.now(UTC).timestamp():.6f}", "created_at": now(),
            "attempts_made": attempts,
        } | columns  # fmt: skip
        asset = Asset(
            account_id=account.id,
            branch_id=account.branch_id or account.id,
            product_id=product.id,
            billed_account_id=payer.id,
            sync_status=status,
            **values,
        )
        self._order_with(asset, account, payer, product)
        history.write(asset, sku_id=product.type.sku_id, payer=payer, by=self.dana, code=code, last=attempt or {})
        return asset
