from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime
from portal.models.user import User


class HandoverLink(db.Model):
    """A link that shows the code of one asset to somebody without a user, who also needs its PIN.

    Each opening is an entry of the audit log. The link itself is never seen again: only hashes are kept.
    """

    __tablename__ = "handover_links"
    __table_args__ = (Index("ix_handover_links_asset_id", "asset_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True)
    """Made with the form, so that sending it twice makes one link."""
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"))
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupons.id"))
    """The asset's code when the link was made. If it has another one now, none is shown."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    pin_hash: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(200), default="")
    """For whom it is."""
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    wrong_pins: Mapped[int] = mapped_column(default=0)
    """Counted before a PIN is checked; a right one is taken off again."""
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When too many PINs had been wrong."""
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    made_by: Mapped[User] = relationship(foreign_keys=made_by_id, lazy="raise")
    revoked_by: Mapped[User | None] = relationship(foreign_keys=revoked_by_id, lazy="raise")

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and self.closed_at is None and now < self.expires_at
