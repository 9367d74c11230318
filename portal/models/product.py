from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.extensions import db
from portal.models.text_keys import collation_key, search_key
from portal.models.types import UTCDateTime, sort_key, text_key

DEFAULT_DAYS = 365
MAX_DAYS = 3650


class ProductType(db.Model):
    """A product that BitTitan sells, from its service definition (`GET /v1/product-skus`)."""

    __tablename__ = "product_types"

    id: Mapped[int] = mapped_column(primary_key=True)
    license_kind: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    sku_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    """None once the SKU is no longer in the service definition."""
    max_quantity: Mapped[int | None]
    expire_days: Mapped[int] = mapped_column(default=DEFAULT_DAYS)
    validity_days: Mapped[int] = mapped_column(default=DEFAULT_DAYS)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Product(db.Model):
    """A product that the distributor sells: a product type with its own name, days and prices."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint(f"expire_days BETWEEN 1 AND {MAX_DAYS}", name="expire_days_in_range"),
        CheckConstraint(f"validity_days BETWEEN 1 AND {MAX_DAYS}", name="validity_days_in_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(text_key())
    name_sort: Mapped[bytes] = mapped_column(sort_key())
    type_id: Mapped[int] = mapped_column(ForeignKey("product_types.id"), index=True)
    expire_days: Mapped[int]
    validity_days: Mapped[int]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    type: Mapped[ProductType] = relationship(lazy="joined", innerjoin=True)
    prices: Mapped[list["Price"]] = relationship(back_populates="product", cascade="all, delete-orphan")

    @validates("name")
    def _keep_the_keys(self, _, name: str) -> str:
        self.name_key, self.name_sort = search_key(name), collation_key(name)
        return name

    def price_in(self, currency: str) -> "Price | None":
        return next((price for price in self.prices if price.currency == currency), None)


class Price(db.Model):
    """The price of one licence, in minor units of the currency."""

    __tablename__ = "prices"
    __table_args__ = (
        UniqueConstraint("product_id", "currency"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)

    product: Mapped[Product] = relationship(back_populates="prices")
