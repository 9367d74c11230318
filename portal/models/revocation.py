import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime, word
from portal.models.user import User


class RevocationState(enum.Enum):
    ASKED = "asked"
    """BitTitan is asked until it answers; asking again is harmless. Nothing counts as revoked."""
    REVOKED = "revoked"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    """Asked for a week in vain: a person may ask anew."""


class Revocation(db.Model):
    """That BitTitan shall withdraw a coupon: the wish, committed before it is asked, and how it ended.

    One row for each coupon; asked anew, it begins again. What it was before stands in the audit log.
    """

    __tablename__ = "revocations"

    id: Mapped[int] = mapped_column(primary_key=True)
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupons.id"), unique=True)
    state: Mapped[RevocationState] = mapped_column(word(RevocationState))
    cancels: Mapped[bool] = mapped_column(default=False)
    """Once it is revoked, the asset that it is recorded for is cancelled."""
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cause: Mapped[str | None] = mapped_column(String(60))
    """Why not, or why not yet: BitTitan's error code, or one of the portal's own words."""
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    request: Mapped[str] = mapped_column(Text, default="")
    response: Mapped[str] = mapped_column(Text, default="")
    """The last exchange, secrets removed."""

    asked_by: Mapped[User | None] = relationship(foreign_keys=asked_by_id, lazy="raise")

    @property
    def is_open(self) -> bool:
        return self.state is RevocationState.ASKED
