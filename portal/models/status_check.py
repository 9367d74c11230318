"""Questions to BitTitan about the code of an asset, and what it said."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime, word


class CheckCause(enum.Enum):
    PERSON = "person"
    """Somebody pressed “Ask BitTitan now”."""
    BULK = "bulk"
    ROLLING = "rolling"
    """The portal asks by itself, the oldest first."""


class CheckResult(enum.Enum):
    ACTIVE = "active"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OTHER = "other"
    NOT_LISTED = "not-listed"
    UNRECOGNISED = "unrecognised"
    DIFFERS = "differs"
    """BitTitan shows something else under this code or Id. Nothing was changed."""
    NO_ANSWER = "no-answer"


class StatusCheck(db.Model):
    """Kept for some weeks. An answer is written down in the coupon as well."""

    __tablename__ = "status_checks"
    __table_args__ = (
        Index("ix_status_checks_asset_id", "asset_id", "at"),
        Index("ix_status_checks_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    cause: Mapped[CheckCause] = mapped_column(word(CheckCause))
    actor: Mapped[str] = mapped_column(String(120))
    result: Mapped[CheckResult] = mapped_column(word(CheckResult))
    milliseconds: Mapped[int]
