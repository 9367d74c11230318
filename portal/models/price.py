"""Price lists: what a seller (the distributor, or a partner) charges the accounts directly below it."""

import enum
from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.extensions import db
from portal.models.account import Account
from portal.models.product import Product
from portal.models.text_keys import collation_key, search_key
from portal.models.types import UTCDateTime, sort_key, text_key

WHOLE = 10_000
"""100 % in basis points."""


class PriceListState(enum.Enum):
    DRAFT = "draft"
    LATER = "later"
    """In use, but it begins later."""
    IN_USE = "in-use"
    ENDED = "ended"


class PriceList(db.Model):
    """From its first day on, a list in use is not edited: a copy that begins on a later day follows it."""

    __tablename__ = "price_lists"
    __table_args__ = (
        CheckConstraint("valid_until >= valid_from", name="does_not_end_before_it_begins"),
        Index("ix_price_lists_seller_id", "seller_id", "name_sort", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    """Whose prices these are: the distributor's, or a partner's for its customers."""
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(text_key())
    name_sort: Mapped[bytes] = mapped_column(sort_key())
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    """The last day on which it holds; None: open."""
    is_for_all: Mapped[bool] = mapped_column(Boolean, default=False)
    """It holds for every account directly below the seller, where no list of the account's own has the product."""
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("price_lists.id"), index=True)
    """The list that ends the day before this one begins."""
    followed_until: Mapped[date | None]
    """In use: where that list would end without this one; None: open."""
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it was put in use; None: a draft."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)

    seller: Mapped[Account] = relationship(lazy="raise")
    follows: Mapped["PriceList | None"] = relationship(remote_side=id, lazy="raise")
    lines: Mapped[list["PriceLine"]] = relationship(
        cascade="all, delete-orphan", order_by="(PriceLine.product_id, PriceLine.min_quantity)", lazy="raise"
    )

    @validates("name")
    def _keep_the_keys(self, _, name: str) -> str:
        self.name_key, self.name_sort = search_key(name), collation_key(name)
        return name

    def state_on(self, day: date) -> PriceListState:
        if self.used_at is None:
            return PriceListState.DRAFT
        if self.valid_from > day:
            return PriceListState.LATER
        has_ended = self.valid_until is not None and self.valid_until < day
        return PriceListState.ENDED if has_ended else PriceListState.IN_USE

    def is_editable_on(self, day: date) -> bool:
        return self.state_on(day) in (PriceListState.DRAFT, PriceListState.LATER)


class PriceLine(db.Model):
    """What one licence of a product costs from a number of licences on: a fixed price, or a discount on the list
    price."""

    __tablename__ = "price_lines"
    __table_args__ = (
        UniqueConstraint("list_id", "product_id", "min_quantity"),
        CheckConstraint("min_quantity >= 1", name="min_quantity_positive"),
        CheckConstraint("(amount IS NULL) <> (discount IS NULL)", name="fixed_or_discount"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint(f"discount BETWEEN 0 AND {WHOLE}", name="discount_in_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("price_lists.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    min_quantity: Mapped[int] = mapped_column(default=1)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    """The fixed price in minor units of the list's currency."""
    discount: Mapped[int | None]
    """On the list price, in basis points: 1,250 is 12.5 %."""

    product: Mapped[Product] = relationship(lazy="raise")


class PriceListAccount(db.Model):
    """An account to which a list is assigned. It is directly below the seller."""

    __tablename__ = "price_list_accounts"

    list_id: Mapped[int] = mapped_column(ForeignKey("price_lists.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)


class PriceTerm(db.Model):
    """A line of a list in use, for one account or for all below the seller. Kept equal to lists, lines and assignments
    by services/catalog/price_terms.py.

    The database refuses two terms for one buyer, currency, product, minimum quantity and day: an exclusion constraint
    on PostgreSQL, triggers on SQLite (migration 0024).
    """

    __tablename__ = "price_terms"
    __table_args__ = (
        Index("ix_price_terms_buyer_id", "buyer_id", "product_id"),
        Index("ix_price_terms_seller_id", "seller_id", "product_id"),
        Index("ix_price_terms_list_id", "list_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    buyer_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """None: all accounts directly below the seller."""
    currency: Mapped[str] = mapped_column(String(3))
    """The list's. An account whose currency changes may have terms in both; only those in its own count."""
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    min_quantity: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    list_id: Mapped[int] = mapped_column(ForeignKey("price_lists.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("price_lines.id"))
