from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import db
from portal.models.account import Account
from portal.models.types import UTCDateTime
from portal.models.user import User


class Order(db.Model):
    """Who ordered for which account. The ordered products are its assets."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True)
    """Made with the empty form, so that sending one form twice orders once."""
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    billed_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    placed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship(foreign_keys=account_id)
    billed_account: Mapped[Account] = relationship(foreign_keys=billed_account_id)
    placed_by: Mapped[User | None] = relationship()

    @property
    def number(self) -> str:
        return f"ORD-{self.id}"
