import enum
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.account import Account
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class LeavingPackState(enum.Enum):
    MAKING = "making"
    READY = "ready"
    DELETED = "deleted"


class LeavingPack(db.Model):
    """A ZIP of all that a leaving account takes with it. Its bytes are deleted after some days; this row is kept."""

    __tablename__ = "leaving_packs"
    __table_args__ = (Index("ix_leaving_packs_account_id", "account_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True)
    """Made with the form, so that sending it twice orders one pack."""
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    state: Mapped[LeavingPackState] = mapped_column(word(LeavingPackState))
    reason: Mapped[str] = mapped_column(Text)
    ordered_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ordered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    run: Mapped[int] = mapped_column(default=0)
    """Incremented by each worker that begins it, so that writes of an earlier one are refused."""
    assets_total: Mapped[int] = mapped_column(default=0)
    """When it was ordered."""
    rows_done: Mapped[int] = mapped_column(default=0)
    """Of the file that is being written."""
    file: Mapped[str] = mapped_column(String(40), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    """In bytes."""
    ready_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship(lazy="raise")
    ordered_by: Mapped[User] = relationship(lazy="raise")

    @property
    def is_making(self) -> bool:
        return self.state is LeavingPackState.MAKING

    @property
    def is_ready(self) -> bool:
        return self.state is LeavingPackState.READY


class LeavingPackPart(db.Model):
    """A piece of the ZIP. In the database, because all machines share it."""

    __tablename__ = "leaving_pack_parts"

    pack_id: Mapped[int] = mapped_column(ForeignKey("leaving_packs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
