from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    and_,
    text,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, validates

from portal.extensions import db
from portal.models.account import Account
from portal.models.asset_rules import AssetRules, Lifecycle, SyncStatus
from portal.models.attempt import Attempt
from portal.models.coupon import Coupon, CouponStanding
from portal.models.order import Order
from portal.models.product import MAX_DAYS, Product
from portal.models.text_keys import collation_key, fold, search_key
from portal.models.types import UTCDateTime, sort_key, text_key, word

IS_FAILED = text("sync_status = 'failed' AND lifecycle = 'active'")
IS_IN_REVIEW = text("sync_status = 'review' AND lifecycle = 'active'")
"""The exact texts of the partial indexes; SQLite uses an index only for its text."""
_FOR_QUEUE = (
    "sync_status", "lifecycle", "purchased_on", "id",
    "billed_account_id", "currency", "quantity", "unit_price", "last_attempt_id", "last_cause", "waits_since",
)  # fmt: skip
"""The indexes cover all that the work queue needs of the assets that wait for a person, so it reads no table rows."""
NO_ATTEMPT, NO_CAUSE = "never-sent", "no-reason"
"""In `last_cause`, of an asset without an attempt, and of one whose newest attempt has no cause. Words that BitTitan
does not use."""
_CANCELLED, _ASKED = text("lifecycle = 'cancelled'"), text("asked_at IS NOT NULL")
_IMPORTED = text("external_key IS NOT NULL")


class Asset(AssetRules, db.Model):
    """One purchased product: one BitTitan coupon code that holds `quantity` licences.

    Only services/provisioning writes `sync_status`. A save must have seen the current `version`; look-ups and updates
    of the coupon do not change it.
    """

    __tablename__ = "assets"
    __table_args__ = (
        # An asset is visible where its account is: when an account changes its branch, the database updates its assets.
        ForeignKeyConstraint(["account_id", "branch_id"], ["accounts.id", "accounts.branch_id"], onupdate="CASCADE"),
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        CheckConstraint(f"expire_days BETWEEN 1 AND {MAX_DAYS}", name="expire_days_in_range"),
        CheckConstraint(f"validity_days BETWEEN 1 AND {MAX_DAYS}", name="validity_days_in_range"),
        # A list shows all assets, a branch's or an account's. By date of purchase it can also be limited to a sync
        # status or a product. Active assets of a status, or that expire soon, are counted in the index alone.
        *(
            Index(f"ix_assets_{scope or 'all'}_{order[0]}", *filter(None, (scope, *order)))
            for scope in ("", "branch_id", "account_id")
            for order in (
                ("sync_status", "purchased_on", "id", "lifecycle"),
                ("product_id", "purchased_on", "id"),
                ("purchased_on", "id"),
                ("redeem_by", "id", "lifecycle"),
                ("name_sort", "id"),
                ("quantity", "id"),
            )
        ),
        Index(
            "ix_assets_cancelled",
            "lifecycle",
            "purchased_on",
            "id",
            sqlite_where=_CANCELLED,
            postgresql_where=_CANCELLED,
        ),  # fmt: skip
        Index("ix_assets_asked", "purchased_on", "id", sqlite_where=_ASKED, postgresql_where=_ASKED),
        Index("ix_assets_failed", *_FOR_QUEUE, sqlite_where=IS_FAILED, postgresql_where=IS_FAILED),
        Index("ix_assets_in_review", *_FOR_QUEUE, sqlite_where=IS_IN_REVIEW, postgresql_where=IS_IN_REVIEW),
        Index(
            "ix_assets_branch_id_external_key",
            "branch_id",
            "external_key",
            sqlite_where=_IMPORTED,
            postgresql_where=_IMPORTED,
        ),
        # The calendar counts a stretch of days in them alone.
        *(
            Index(
                f"ix_assets_{scope or 'all'}_{day}",
                *filter(None, (scope, day, "account_id" if scope != "account_id" else None, "quantity")),
                sqlite_where=text(f"{day} IS NOT NULL"),
                postgresql_where=text(f"{day} IS NOT NULL"),
            )
            for scope in ("", "branch_id", "account_id")
            for day in ("due_on", "ends_on")
        ),
        Index("ix_assets_billed_account_id", "billed_account_id", "id"),
        Index("ix_assets_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(text_key())
    """What a search compares."""
    name_sort: Mapped[bytes] = mapped_column(sort_key(), deferred=True)
    """What lists are ordered by."""
    account_id: Mapped[int]
    branch_id: Mapped[int]
    billed_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    quantity: Mapped[int]
    unit_price: Mapped[int | None] = mapped_column(BigInteger)
    """The price of one licence in minor units of `currency`, as agreed in the order."""
    currency: Mapped[str | None] = mapped_column(String(3))
    purchased_on: Mapped[date]
    """The day the order was executed, in the distributor's time zone. It never changes."""
    expire_days: Mapped[int]
    validity_days: Mapped[int]
    redeem_by: Mapped[date]
    """The coupon's last day to redeem it; until there is a coupon, purchase date + expire days."""
    issued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sync_status: Mapped[SyncStatus] = mapped_column(word(SyncStatus))
    lifecycle: Mapped[Lifecycle] = mapped_column(word(Lifecycle), default=Lifecycle.ACTIVE)
    note: Mapped[str] = mapped_column(Text, default="")
    """For staff only."""
    reference: Mapped[str] = mapped_column(String(80), unique=True)
    """Stored with the coupon by BitTitan. Unguessable, unique for each asset, never changed."""
    external_id: Mapped[str | None] = mapped_column(String(40))
    """The asset's number in the system from which it was imported."""
    external_key: Mapped[str | None] = mapped_column(text_key(), unique=True, deferred=True)
    """`external_id`, case-folded, so that different spellings of a number are the same."""
    imported_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts_made: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when the oldest open request of a partner or customer waits (`AssetRequest`)."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=1)

    # Why the asset waits for a person, copied from its newest attempt while it is failed or in review; otherwise None.
    # Triggers (migration 0021) keep the copies, so only statements use them, never a loaded asset.
    last_attempt_id: Mapped[int | None] = mapped_column(deferred=True)
    last_cause: Mapped[str | None] = mapped_column(String(60), deferred=True)
    """The attempt's cause, NO_ATTEMPT or NO_CAUSE."""
    waits_since: Mapped[datetime | None] = mapped_column(UTCDateTime, deferred=True)
    """When the attempt was settled, or else requested; without an attempt, when the asset was created."""

    # What the calendar counts. Triggers (migration 0047) keep both when the asset or its recorded coupon changes, so
    # only statements use them, never a loaded asset.
    due_on: Mapped[date | None] = mapped_column(deferred=True)
    """`redeem_by`, while the asset is active and has a code that is neither redeemed nor revoked."""
    ends_on: Mapped[date | None] = mapped_column(deferred=True)
    """The last day of the licences of an active asset: the day on which they were redeemed + validity days."""

    # Compare-and-set: each UPDATE of a loaded asset checks that the version is still the loaded one, and raises
    # StaleDataError if not. Code that changes something that a save must have seen increments the version (see above).
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    account: Mapped[Account] = relationship(
        primaryjoin=lambda: foreign(Asset.account_id) == Account.id, lazy="raise", viewonly=True
    )
    billed_account: Mapped[Account] = relationship(foreign_keys=billed_account_id, lazy="raise")
    product: Mapped[Product] = relationship(lazy="raise")
    order: Mapped[Order | None] = relationship(lazy="raise")
    coupon: Mapped[Coupon | None] = relationship(
        primaryjoin=lambda: and_(Asset.id == foreign(Coupon.asset_id), Coupon.standing == CouponStanding.RECORDED),
        viewonly=True,
        uselist=False,
        lazy="raise",
    )
    last_attempt: Mapped[Attempt | None] = relationship(
        primaryjoin=lambda: and_(Asset.id == foreign(Attempt.asset_id), Asset.attempts_made == foreign(Attempt.number)),
        viewonly=True,
        uselist=False,
        lazy="raise",
    )

    @validates("name")
    def _keep_the_keys(self, _, name: str) -> str:
        self.name_key, self.name_sort = search_key(name), collation_key(name)
        return name

    @validates("external_id")
    def _keep_external_key(self, _, external_id: str | None) -> str | None:
        self.external_key = fold(external_id) if external_id else None
        return external_id

    @property
    def total(self) -> int | None:
        """In minor units of `currency`."""
        return None if self.unit_price is None else self.unit_price * self.quantity
