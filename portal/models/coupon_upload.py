from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime


class CouponUpload(db.Model):
    """A list of coupons that somebody uploaded. Its bytes are deleted once they are read; this row stays, so that the
    next file with the same heading is read in the same way."""

    __tablename__ = "coupon_uploads"
    __table_args__ = (Index("ix_coupon_uploads_heads_key", "heads_key", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    encoding: Mapped[str] = mapped_column(String(20))
    """As the file itself suggests; a person may choose another in `choices`."""
    handling: Mapped[str] = mapped_column(String(20))
    """Of bytes that are no characters (imports/import_file.py)."""
    heads: Mapped[list] = mapped_column(JSON)
    """The cells of the heading, as in the file."""
    heads_key: Mapped[str] = mapped_column(String(64))
    """The same for files with the same columns."""
    mapping: Mapped[dict] = mapped_column(JSON, default=dict)
    """A heading of the file by field, where a person has chosen it."""
    choices: Mapped[dict] = mapped_column(JSON, default=dict)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("reconciliation_runs.id"), unique=True)
    """The run that reads it. None while a person still looks at it."""
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CouponUploadPart(db.Model):
    """A piece of the uploaded bytes. In the database, because all machines share it."""

    __tablename__ = "coupon_upload_parts"

    upload_id: Mapped[int] = mapped_column(ForeignKey("coupon_uploads.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
