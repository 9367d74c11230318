from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime


class StoredSecret(db.Model):
    """A credential, encrypted (services/credentials). Its plain text is nowhere in the database."""

    __tablename__ = "stored_secrets"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    """What it is for. The ciphertext is bound to it: under another name it cannot be read."""
    key_version: Mapped[int]
    """Which of the keys in CREDENTIAL_KEYS encrypted it."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    stored_at: Mapped[datetime] = mapped_column(UTCDateTime)
    stored_by: Mapped[str] = mapped_column(String(200))
    """The name of the person, as in the audit log."""
