"""Bulk retries: a fixed list of assets, and the result for each."""

import enum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.bulk_list import BulkList, BulkListItem, BulkState
from portal.models.product import MAX_DAYS
from portal.models.types import word


class RetryOrigin(enum.Enum):
    PICKED = "picked"
    MATCHING = "matching"
    """All assets that matched `query`, the address of a list."""
    AGAIN = "again"
    """The assets of an earlier retry that brought no coupon."""


class Retry(BulkList, db.Model):
    """`query` also names the cause that its assets had in common. It halts because of its `canary`, too."""

    __tablename__ = "retries"
    __table_args__ = (
        CheckConstraint(f"expire_days BETWEEN 1 AND {MAX_DAYS}", name="expire_days_in_range"),
        Index("ix_retries_made_by_id", "made_by_id", "state"),
    )
    LETTER = "R"

    state: Mapped[BulkState] = mapped_column(word(BulkState, "retrystate"), default=BulkState.PREPARED)
    origin: Mapped[RetryOrigin] = mapped_column(word(RetryOrigin))
    again_of_id: Mapped[int | None] = mapped_column(ForeignKey("retries.id"))
    has_canary: Mapped[bool] = mapped_column(default=True)
    """The first asset is sent alone, the others only once it is synchronized."""
    includes_imported: Mapped[bool] = mapped_column(default=False)
    """A person attested that the imported assets were not bought before, so they are bought too."""
    expire_days: Mapped[int | None]
    """For all assets, in place of each asset's own days."""


class ItemState(enum.Enum):
    WAITING = "waiting"
    REQUESTED = "requested"
    """`attempt_id` is the attempt that was opened; the attempt itself has the outcome."""
    LEFT_OUT = "left_out"
    NOT_BEGUN = "not_begun"
    """The retry ended before its turn came."""


class RetryItem(BulkListItem, db.Model):
    """Requested in the transaction that opens its attempt."""

    __tablename__ = "retry_items"
    __table_args__ = (
        UniqueConstraint("retry_id", "asset_id"),
        Index("ix_retry_items_retry_id_state", "retry_id", "state", "id"),
    )

    retry_id: Mapped[int] = mapped_column(ForeignKey("retries.id"))
    state: Mapped[ItemState] = mapped_column(word(ItemState))
    credits_seen: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many credit notes said that the asset was not delivered when the list was made; its preview names them."""
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"), unique=True)
