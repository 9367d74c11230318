"""Orders: what is bought for whom, at which price, and how far each order is."""

import enum
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, validates

from portal.extensions import db
from portal.models.account import Account
from portal.models.product import MAX_DAYS, Product
from portal.models.text_keys import fold, search_key
from portal.models.types import UTCDateTime, text_key, word
from portal.models.user import User

IS_BASKET = text("state = 'draft' AND channel = 'storefront'")
HAS_PO_NUMBER = text("po_key <> ''")
IS_WAITING = text("state IN ('awaiting-approval', 'submitted')")
NOT_BILLED = text("NOT is_billed AND asset_id IS NOT NULL AND non_billable_reason IS NULL AND unit_price > 0")
"""The exact texts of the partial indexes; SQLite uses an index only for its text."""


class OrderState(enum.Enum):
    DRAFT = "draft"
    """Being prepared; prices are not fixed yet. In the Storefront it is the basket."""
    AWAITING_APPROVAL = "awaiting-approval"
    """A partner's customer ordered; the partner has to approve."""
    SUBMITTED = "submitted"
    """With the distributor, who has not executed it yet: `hold` says why."""
    EXECUTED = "executed"
    """Each line has its asset."""
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Hold(enum.Enum):
    """Why a submitted order is not executed."""

    STAFF = "staff"
    """Orders of the billed account are executed by the distributor's staff."""
    CREDIT = "credit"
    """It would exceed the billed account's credit limit, and reserves nothing."""
    START_DATE = "start-date"
    """It is executed on its start date, by the worker."""
    PRODUCT = "product"
    """A product can no longer be bought from BitTitan."""
    LINK = "link"
    """The billed account is not synchronized with BitTitan any more, or it is disabled."""


class Channel(enum.Enum):
    BSS = "bss"
    STOREFRONT = "storefront"


class InvoiceTiming(enum.Enum):
    NEXT_RUN = "next-run"
    AT_ONCE = "at-once"
    NEVER = "never"
    """With a reason."""


class OrderRules:
    """Rules that need only an order's own columns. Shared by the database row and the row of a list."""

    __slots__ = ()

    @property
    def number(self) -> str:
        return f"ORD-{self.id}"

    @property
    def is_waiting(self) -> bool:
        return self.state in (OrderState.AWAITING_APPROVAL, OrderState.SUBMITTED)


class Order(OrderRules, db.Model):
    """What an account orders for itself or for its customers.

    The buyer is `account`, the payer `billed_account`. Amounts are in minor units, without VAT. Once submitted, only
    state, hold, and what staff decide about the execution change.
    """

    __tablename__ = "orders"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "branch_id"], ["accounts.id", "accounts.branch_id"], onupdate="CASCADE"),
        *(
            Index(f"ix_orders_{scope or 'all'}_{order[0]}", *filter(None, (scope, *order)))
            for scope in ("", "branch_id", "account_id")
            for order in (("placed_at", "id"), ("state", "placed_at", "id"))
        ),
        Index("ix_orders_billed_account_id", "billed_account_id", "id"),
        *(
            Index(
                f"ix_orders_{scope or 'all'}_po_key",
                *filter(None, (scope, "po_key", "id")),
                sqlite_where=HAS_PO_NUMBER,
                postgresql_where=HAS_PO_NUMBER,
            )
            for scope in ("", "branch_id")
        ),
        Index(
            "ix_orders_waiting",
            "state",
            "hold",
            "placed_at",
            "id",
            sqlite_where=IS_WAITING,
            postgresql_where=IS_WAITING,
        ),
        Index(
            "uq_orders_one_basket",
            "placed_by_id",
            "account_id",
            unique=True,
            sqlite_where=IS_BASKET,
            postgresql_where=IS_BASKET,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True)
    """Made with the empty form, so that sending one form twice orders once."""
    account_id: Mapped[int]
    branch_id: Mapped[int]
    billed_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[Channel] = mapped_column(word(Channel), default=Channel.BSS)
    state: Mapped[OrderState] = mapped_column(word(OrderState), default=OrderState.DRAFT)
    hold: Mapped[Hold | None] = mapped_column(word(Hold))
    placed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it was submitted; of a draft, when it was begun."""
    po_number: Mapped[str] = mapped_column(String(60), default="")
    """The buyer's purchase order number."""
    po_key: Mapped[str] = mapped_column(text_key(), default="")
    """What a search compares."""
    note: Mapped[str] = mapped_column(Text, default="")
    """From the buyer to the distributor."""
    staff_note: Mapped[str] = mapped_column(Text, default="")
    lines_count: Mapped[int] = mapped_column(default=0)
    licences: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str | None] = mapped_column(String(3))
    total: Mapped[int | None] = mapped_column(BigInteger)
    """What the billed account pays the distributor."""
    customer_currency: Mapped[str | None] = mapped_column(String(3))
    customer_total: Mapped[int | None] = mapped_column(BigInteger)
    """What a partner's customer that orders for itself pays the partner."""
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)
    """How much of the payer's credit limit it uses up."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who approved, rejected or cancelled it."""
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Of that decision; the buyer reads it."""
    start_on: Mapped[date | None]
    executed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    executed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    invoice_timing: Mapped[InvoiceTiming] = mapped_column(word(InvoiceTiming), default=InvoiceTiming.NEXT_RUN)
    invoice_reason: Mapped[str] = mapped_column(Text, default="")
    """Why it is never invoiced."""
    version: Mapped[int] = mapped_column(default=1)

    account: Mapped[Account] = relationship(
        primaryjoin=lambda: foreign(Order.account_id) == Account.id, lazy="raise", viewonly=True
    )
    billed_account: Mapped[Account] = relationship(foreign_keys=billed_account_id, lazy="raise")
    placed_by: Mapped[User | None] = relationship(foreign_keys=placed_by_id, lazy="raise")
    decided_by: Mapped[User | None] = relationship(foreign_keys=decided_by_id, lazy="raise")
    executed_by: Mapped[User | None] = relationship(foreign_keys=executed_by_id, lazy="raise")
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderLine.position", lazy="raise"
    )
    new_customers: Mapped[list["NewCustomer"]] = relationship(
        cascade="all, delete-orphan", order_by="NewCustomer.id", lazy="raise"
    )

    @validates("po_number")
    def _keep_the_key(self, _, po_number: str) -> str:
        self.po_key = search_key(po_number)
        return po_number

    @property
    def is_basket(self) -> bool:
        return self.state is OrderState.DRAFT and self.channel is Channel.STOREFRONT


class OrderLine(db.Model):
    """One product for one account: one asset, once the order is executed.

    From the submit on it is a snapshot: later changes of product, price list or account do not reach it. Amounts are
    for one licence, in minor units.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        CheckConstraint(f"expire_days BETWEEN 1 AND {MAX_DAYS}", name="expire_days_in_range"),
        CheckConstraint(f"validity_days BETWEEN 1 AND {MAX_DAYS}", name="validity_days_in_range"),
        Index("ix_order_lines_product_id", "product_id", "order_id"),
        Index("ix_order_lines_account_id", "account_id", "order_id"),
        Index("ix_order_lines_not_billed", "id", sqlite_where=NOT_BILLED, postgresql_where=NOT_BILLED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    key: Mapped[str | None] = mapped_column(String(36), unique=True)
    """Made with the shop's form, so that sending it twice adds one line."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Who will use the licences; None in a draft for a customer that is created with the order."""
    new_customer_id: Mapped[int | None] = mapped_column(ForeignKey("new_customers.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    name: Mapped[str] = mapped_column(String(120), default="")
    """Of the asset; empty in a draft: the product's name."""
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("assets.id"), unique=True)

    product_code: Mapped[str | None] = mapped_column(String(40))
    product_name: Mapped[str | None] = mapped_column(String(120))
    product_type: Mapped[str | None] = mapped_column(String(120))
    expire_days: Mapped[int | None]
    validity_days: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    cost: Mapped[int | None] = mapped_column(BigInteger)
    """What BitTitan charges the distributor. Only staff may see it."""
    list_price: Mapped[int | None] = mapped_column(BigInteger)
    unit_price: Mapped[int | None] = mapped_column(BigInteger)
    """What the billed account pays the distributor."""
    price_list_id: Mapped[int | None] = mapped_column(ForeignKey("price_lists.id"))
    price_list_name: Mapped[str | None] = mapped_column(String(120))
    price_list_from: Mapped[date | None]
    price_list_until: Mapped[date | None]
    customer_currency: Mapped[str | None] = mapped_column(String(3))
    customer_price: Mapped[int | None] = mapped_column(BigInteger)
    """What a partner's customer pays the partner."""
    customer_list_id: Mapped[int | None] = mapped_column(ForeignKey("price_lists.id"))
    customer_list_name: Mapped[str | None] = mapped_column(String(120))
    tax_code: Mapped[str | None] = mapped_column(String(40))
    """The billed account's."""
    non_billable_reason: Mapped[str | None] = mapped_column(Text)
    """Why it is never invoiced; decided after the submit."""
    is_billed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """On an issued invoice, and not credited as a whole. Triggers keep it (migration 0035)."""

    order: Mapped[Order] = relationship(back_populates="lines", lazy="raise")
    account: Mapped[Account | None] = relationship(lazy="raise")
    product: Mapped[Product] = relationship(lazy="raise")
    new_customer: Mapped["NewCustomer | None"] = relationship(lazy="raise")
    invoice_lines: Mapped[list["InvoiceLine"]] = relationship(lazy="raise", viewonly=True)  # noqa: F821
    """On invoices and credit notes."""

    @property
    def total(self) -> int | None:
        return None if self.unit_price is None else self.unit_price * self.quantity

    @property
    def customer_total(self) -> int | None:
        return None if self.customer_price is None else self.customer_price * self.quantity


class NewCustomer(db.Model):
    """A customer that a partner enters in its basket. The account is created when the order is submitted."""

    __tablename__ = "new_customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str | None] = mapped_column(String(2))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    is_another: Mapped[bool] = mapped_column(default=False)
    """A person has seen which account it looks like."""

    @property
    def name_key(self) -> str:
        return fold(self.name)
