import enum
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.extensions import db
from portal.models.text_keys import collation_key, search_key
from portal.models.types import UTCDateTime, sort_key, text_key

DEFAULT_DAYS = 365
MAX_DAYS = 3650


class ProductState(enum.Enum):
    DRAFT = "draft"
    """Being prepared; nobody can order it."""
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    """No longer for sale; what was sold stays as it is."""


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
        CheckConstraint("min_quantity >= 1", name="min_quantity_positive"),
        CheckConstraint("max_quantity >= min_quantity", name="max_quantity_not_below_min"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(text_key())
    name_sort: Mapped[bytes] = mapped_column(sort_key())
    type_id: Mapped[int] = mapped_column(ForeignKey("product_types.id"), index=True)
    expire_days: Mapped[int]
    validity_days: Mapped[int]
    description: Mapped[str] = mapped_column(Text, default="")
    """For buyers, in the shop."""
    min_quantity: Mapped[int] = mapped_column(default=1)
    """The fewest licences in one purchase."""
    max_quantity: Mapped[int | None]
    """The most licences in one purchase; None: as many as BitTitan allows for the type."""
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    first_sold_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From then on code, name and type are fixed, because assets are listed under them."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)

    type: Mapped[ProductType] = relationship(lazy="joined", innerjoin=True)
    prices: Mapped[list["Price"]] = relationship(back_populates="product", cascade="all, delete-orphan")

    @validates("name")
    def _keep_the_keys(self, _, name: str) -> str:
        self.name_key, self.name_sort = search_key(name), collation_key(name)
        return name

    @property
    def state(self) -> ProductState:
        if self.withdrawn_at is not None:
            return ProductState.WITHDRAWN
        return ProductState.DRAFT if self.published_at is None else ProductState.PUBLISHED

    @property
    def is_offered(self) -> bool:
        """Published, and BitTitan still sells the type."""
        return self.state is ProductState.PUBLISHED and self.type.sku_id is not None

    @property
    def most_licences(self) -> int | None:
        """In one purchase: the product's own limit, never above the type's. None: no limit is known."""
        limits = [limit for limit in (self.max_quantity, self.type.max_quantity) if limit is not None]
        return min(limits, default=None)

    def price_in(self, currency: str) -> "Price | None":
        """The list price; None if the product is not sold in this currency."""
        return next((each for each in self.prices if each.currency == currency and each.amount is not None), None)


class Price(db.Model):
    """What one licence costs in a currency, in its minor units: for buyers (the list price), and the distributor."""

    __tablename__ = "prices"
    __table_args__ = (
        UniqueConstraint("product_id", "currency"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("cost >= 0", name="cost_not_negative"),
        CheckConstraint("amount IS NOT NULL OR cost IS NOT NULL", name="holds_something"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    """The list price; None: not sold in this currency."""
    cost: Mapped[int | None] = mapped_column(BigInteger)
    """What BitTitan charges the distributor, without volume discounts. Only staff may see it."""

    product: Mapped[Product] = relationship(back_populates="prices")
