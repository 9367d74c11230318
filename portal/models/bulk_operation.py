"""Bulk operations: one act for a fixed list of assets, and the result for each."""

import enum
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class BulkKind(enum.Enum):
    CANCEL = "cancel"
    ANNOTATE = "annotate"
    RENAME = "rename"


class BulkState(enum.Enum):
    PREPARED = "prepared"
    """Nothing is changed yet; a person looks at the preview."""
    RUNNING = "running"
    DONE = "done"
    """Each asset had its turn. A coupon that BitTitan has to revoke may still be open; the receipt follows it."""
    STOPPED = "stopped"
    HALTED = "halted"
    """Stopped automatically; `why` has the reason."""


class BulkOrigin(enum.Enum):
    PICKED = "picked"
    MATCHING = "matching"
    """All assets that matched `query`, the address of a list."""
    CAUSE = "cause"
    """All failed assets of a cause in the work queue; `query` names it."""


class BulkOperation(db.Model):
    """Made by a person. It holds the assets that matched at that moment."""

    __tablename__ = "bulk_operations"
    __table_args__ = (Index("ix_bulk_operations_made_by_id", "made_by_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BulkKind] = mapped_column(word(BulkKind))
    state: Mapped[BulkState] = mapped_column(word(BulkState), default=BulkState.PREPARED)
    origin: Mapped[BulkOrigin] = mapped_column(word(BulkOrigin))
    query: Mapped[str] = mapped_column(Text, default="")
    """The address of the list that it was made from."""
    is_cut: Mapped[bool] = mapped_column(default=False)
    """More assets matched than one operation takes."""
    choices: Mapped[dict] = mapped_column(JSON, default=dict)
    """What the person typed for all of them: the reason, the note, or how to rename. Empty until it was previewed."""
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    why: Mapped[str | None] = mapped_column(String(20))
    """Why it halted: `right`."""

    made_by: Mapped[User] = relationship(foreign_keys=made_by_id, lazy="raise")
    started_by: Mapped[User | None] = relationship(foreign_keys=started_by_id, lazy="raise")
    ended_by: Mapped[User | None] = relationship(foreign_keys=ended_by_id, lazy="raise")

    @property
    def number(self) -> str:
        return f"B-{self.id}"

    @property
    def is_prepared(self) -> bool:
        return self.state is BulkState.PREPARED

    @property
    def is_running(self) -> bool:
        return self.state is BulkState.RUNNING

    @property
    def is_chosen(self) -> bool:
        """Whether it is known what happens to the assets. Cancelling leaves nothing to choose."""
        return self.cancels or bool(self.choices)

    @property
    def cancels(self) -> bool:
        return self.kind is BulkKind.CANCEL


class BulkItemState(enum.Enum):
    WAITING = "waiting"
    DONE = "done"
    """It was carried out; with `revocation_id`, BitTitan has the last word."""
    LEFT_OUT = "left_out"
    NOT_BEGUN = "not_begun"
    """The operation ended before its turn came."""


class BulkItem(db.Model):
    """One asset of a bulk operation. Only a waiting item is ever carried out, in the transaction of the change."""

    __tablename__ = "bulk_items"
    __table_args__ = (
        UniqueConstraint("operation_id", "asset_id"),
        Index("ix_bulk_items_operation_id_state", "operation_id", "state", "id"),
        Index("ix_bulk_items_revocation_id", "revocation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("bulk_operations.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"))
    version: Mapped[int]
    """The asset's version when the operation was prepared."""
    state: Mapped[BulkItemState] = mapped_column(word(BulkItemState))
    why: Mapped[str | None] = mapped_column(String(20))
    """Why the asset was left out: a value of `services.bulk_operations.bulk_items.Why`."""
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    """The name before and after it was renamed."""
    revocation_id: Mapped[int | None] = mapped_column(ForeignKey("revocations.id"))
    """The request to BitTitan without which the asset is not cancelled."""
