"""Bulk operations: one act for a fixed list of assets, and the result for each."""

import enum

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.bulk_list import BulkList, BulkListItem, BulkState
from portal.models.types import word


class BulkKind(enum.Enum):
    CANCEL = "cancel"
    ANNOTATE = "annotate"
    RENAME = "rename"
    CHECK = "check"
    """Ask BitTitan about their codes. Changes no asset."""


class BulkOrigin(enum.Enum):
    PICKED = "picked"
    MATCHING = "matching"
    """All assets that matched `query`, the address of a list."""
    CAUSE = "cause"
    """All failed assets of a cause in the work queue; `query` names it."""


class BulkOperation(BulkList, db.Model):
    __tablename__ = "bulk_operations"
    __table_args__ = (Index("ix_bulk_operations_made_by_id", "made_by_id", "state"),)
    LETTER = "B"

    kind: Mapped[BulkKind] = mapped_column(word(BulkKind))
    state: Mapped[BulkState] = mapped_column(word(BulkState), default=BulkState.PREPARED)
    origin: Mapped[BulkOrigin] = mapped_column(word(BulkOrigin))
    choices: Mapped[dict] = mapped_column(JSON, default=dict)
    """What the person typed for all of them: the reason, the note, or how to rename. Empty until it was previewed."""

    @property
    def act(self) -> str:
        return self.kind.value

    @property
    def is_chosen(self) -> bool:
        """Whether it is known what happens to the assets. Cancelling and asking leave nothing to choose."""
        return self.cancels or self.asks or bool(self.choices)

    @property
    def cancels(self) -> bool:
        return self.kind is BulkKind.CANCEL

    @property
    def asks(self) -> bool:
        return self.kind is BulkKind.CHECK


class BulkItemState(enum.Enum):
    WAITING = "waiting"
    DONE = "done"
    """It was carried out; with `revocation_id`, BitTitan has the last word."""
    LEFT_OUT = "left_out"
    NOT_BEGUN = "not_begun"
    """The operation ended before its turn came."""


class BulkItem(BulkListItem, db.Model):
    __tablename__ = "bulk_items"
    __table_args__ = (
        UniqueConstraint("operation_id", "asset_id"),
        Index("ix_bulk_items_operation_id_state", "operation_id", "state", "id"),
        Index("ix_bulk_items_revocation_id", "revocation_id"),
    )

    operation_id: Mapped[int] = mapped_column(ForeignKey("bulk_operations.id"))
    state: Mapped[BulkItemState] = mapped_column(word(BulkItemState))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    """The name before and after it was renamed; what BitTitan said, where it was asked."""
    revocation_id: Mapped[int | None] = mapped_column(ForeignKey("revocations.id"))
    """The request to BitTitan without which the asset is not cancelled."""
