"""Lists of coupons that people upload for reconciliation, and how such a list was read."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.types import UTCDateTime
from portal.models.user import User


class CouponUpload(db.Model):
    """The bytes are deleted after some days, together with all that was read. This row is kept, because it remembers
    the columns, and which file was compared."""

    __tablename__ = "coupon_uploads"
    __table_args__ = (
        Index("ix_coupon_uploads_sha256", "sha256", "id"),
        Index("ix_coupon_uploads_signature", "signature", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(64))
    """A digest of the headings. Files with the same ones are read alike."""
    heads: Mapped[list] = mapped_column(JSON, default=list)
    """The cells of the heading, as in the file."""
    mapping: Mapped[dict] = mapped_column(JSON, default=dict)
    """A heading by field, as a person said; an empty one: not in the file. Other fields are found by their names."""
    choices: Mapped[dict] = mapped_column(JSON, default=dict)
    """What a person said about the whole file (services/imports/reading)."""
    is_remembered: Mapped[bool] = mapped_column(default=False)
    """The next file with these headings is read in the same way."""
    preview: Mapped[dict] = mapped_column(JSON, default=dict)
    """What was read (services/imports/coupon_lists/preview.py). It holds no code."""
    version: Mapped[int] = mapped_column(default=1)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("reconciliation_runs.id"))
    """The comparison that was begun with it."""
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    made_by: Mapped[User] = relationship(lazy="raise", viewonly=True)


class CouponUploadPart(db.Model):
    """A piece of the bytes. In the database, because all machines share it."""

    __tablename__ = "coupon_upload_parts"

    upload_id: Mapped[int] = mapped_column(ForeignKey("coupon_uploads.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
