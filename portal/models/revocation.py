import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class RevocationState(enum.Enum):
    ASKED = "asked"
    """BitTitan is asked until it answers; asking again is harmless. The coupon does not count as revoked yet."""
    REVOKED = "revoked"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    """BitTitan did not answer for a week; a person may request it again."""


class Revocation(db.Model):
    """A request that BitTitan revoke a coupon, committed before BitTitan is asked, and its outcome.

    One row for each coupon: a new request restarts it. The audit log has the earlier ones.
    """

    __tablename__ = "revocations"

    id: Mapped[int] = mapped_column(primary_key=True)
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupons.id"), unique=True)
    state: Mapped[RevocationState] = mapped_column(word(RevocationState))
    cancels: Mapped[bool] = mapped_column(default=False)
    """Whether the coupon's asset is cancelled once the coupon is revoked."""
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cause: Mapped[str | None] = mapped_column(String(60))
    """Why it is not revoked (yet): BitTitan's error code, or one of the portal's own causes."""
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    request: Mapped[str] = mapped_column(Text, default="")
    response: Mapped[str] = mapped_column(Text, default="")
    """Request and response of the last exchange, without secrets."""

    asked_by: Mapped[User | None] = relationship(foreign_keys=asked_by_id, lazy="raise")

    @property
    def is_open(self) -> bool:
        return self.state is RevocationState.ASKED
