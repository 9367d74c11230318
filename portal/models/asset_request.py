import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.account import Account
from portal.models.asset import Asset
from portal.models.types import UTCDateTime, word
from portal.models.user import User

IS_OPEN = text("state = 'open'")
"""The exact text of the partial index."""


class AssetRequestState(enum.Enum):
    OPEN = "open"
    ANSWERED = "answered"
    """The staff answered, in words."""
    CLOSED = "closed"
    """The staff closed it, for a reason; or its asset was cancelled."""
    DELIVERED = "delivered"
    """The asset got its code meanwhile."""


class RequestEnd(enum.StrEnum):
    """Why a request was closed."""

    NOT_NEEDED = "not needed"
    ORDER_AGAIN = "order again"
    WRITE_TO_US = "write to us"
    OTHER = "other"
    CANCELLED = "cancelled"
    """Its asset was: nobody chooses this."""


class AssetRequest(db.Model):
    """A partner or customer asked to synchronize again. It buys nothing and calls nobody.

    Its words and its answer are for the people of the account that asked, and for the staff; for nobody else who sees
    the asset.
    """

    __tablename__ = "asset_requests"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="open_until_settled"),
        CheckConstraint("(state = 'closed') = (closed_because IS NOT NULL)", name="closed_for_a_reason"),
        Index(
            "uq_asset_requests_open", "asset_id", "account_id", unique=True,
            sqlite_where=IS_OPEN, postgresql_where=IS_OPEN,
        ),
        Index("ix_asset_requests_asked_at", "asked_at", "id"),
        Index("ix_asset_requests_state", "state", "asked_at", "id"),
        Index("ix_asset_requests_asset_id", "asset_id", "asked_at", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    """Of the person who asked."""
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    words: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[AssetRequestState] = mapped_column(word(AssetRequestState), default=AssetRequestState.OPEN)
    closed_because: Mapped[RequestEnd | None] = mapped_column(word(RequestEnd))
    answer: Mapped[str] = mapped_column(Text, default="")
    """For who asked."""
    remark: Mapped[str] = mapped_column(String(500), default="")
    """For staff only."""
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None if a process did it that nobody had told to."""
    version: Mapped[int] = mapped_column(default=1)

    asset: Mapped[Asset] = relationship(lazy="raise")
    account: Mapped[Account] = relationship(lazy="raise")
    asked_by: Mapped[User] = relationship(lazy="raise", foreign_keys=[asked_by_id])
    settled_by: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[settled_by_id])

    @property
    def is_open(self) -> bool:
        return self.state is AssetRequestState.OPEN
