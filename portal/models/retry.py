"""Bulk retries: a fixed list of assets, and the result for each."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.product import MAX_DAYS
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class RetryState(enum.Enum):
    PREPARED = "prepared"
    """Nothing is sent yet; a person looks at the preview."""
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """Stopped by a person; the remaining assets are not begun."""
    HALTED = "halted"
    """Stopped automatically; `why` has the reason."""


class RetryOrigin(enum.Enum):
    PICKED = "picked"
    MATCHING = "matching"
    """All assets that matched `query`, the address of a list."""
    AGAIN = "again"
    """The assets of an earlier retry that brought no coupon."""


class Retry(db.Model):
    """A bulk retry, made by a person. It holds the assets that matched at that moment."""

    __tablename__ = "retries"
    __table_args__ = (
        CheckConstraint(f"expire_days BETWEEN 1 AND {MAX_DAYS}", name="expire_days_in_range"),
        Index("ix_retries_made_by_id", "made_by_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[RetryState] = mapped_column(word(RetryState), default=RetryState.PREPARED)
    origin: Mapped[RetryOrigin] = mapped_column(word(RetryOrigin))
    query: Mapped[str] = mapped_column(Text, default="")
    """The address of the list that it was made from, and the cause that its assets had in common."""
    again_of_id: Mapped[int | None] = mapped_column(ForeignKey("retries.id"))
    is_cut: Mapped[bool] = mapped_column(default=False)
    """More assets matched than a retry takes."""
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    has_canary: Mapped[bool] = mapped_column(default=True)
    """The first asset is sent alone, the others only once it is synchronized."""
    includes_imported: Mapped[bool] = mapped_column(default=False)
    """A person attested that the imported assets were not bought before, so they are bought too."""
    expire_days: Mapped[int | None]
    """For all assets, in place of each asset's own days."""
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    why: Mapped[str | None] = mapped_column(String(20))
    """Why it halted: `canary` or `right`."""

    made_by: Mapped[User] = relationship(foreign_keys=made_by_id, lazy="raise")
    started_by: Mapped[User | None] = relationship(foreign_keys=started_by_id, lazy="raise")
    ended_by: Mapped[User | None] = relationship(foreign_keys=ended_by_id, lazy="raise")

    @property
    def number(self) -> str:
        return f"R-{self.id}"

    @property
    def is_prepared(self) -> bool:
        return self.state is RetryState.PREPARED

    @property
    def is_running(self) -> bool:
        return self.state is RetryState.RUNNING


class ItemState(enum.Enum):
    WAITING = "waiting"
    REQUESTED = "requested"
    """`attempt_id` is the attempt that was opened; the attempt itself has the outcome."""
    LEFT_OUT = "left_out"
    NOT_BEGUN = "not_begun"
    """The retry ended before its turn came."""


class RetryItem(db.Model):
    """One asset of a retry. Only a waiting item is ever requested, in the transaction that opens its attempt."""

    __tablename__ = "retry_items"
    __table_args__ = (
        UniqueConstraint("retry_id", "asset_id"),
        Index("ix_retry_items_retry_id_state", "retry_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    retry_id: Mapped[int] = mapped_column(ForeignKey("retries.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"))
    version: Mapped[int]
    """The asset's version when the retry was prepared."""
    state: Mapped[ItemState] = mapped_column(word(ItemState))
    why: Mapped[str | None] = mapped_column(String(20))
    """Why the asset was left out: a value of `services.bulk_retries.retry_items.Why`."""
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"), unique=True)
