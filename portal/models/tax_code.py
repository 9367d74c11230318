import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from portal.extensions import db
from portal.models.text_keys import fold
from portal.models.types import UTCDateTime, text_key, word

MOST_RATE = 9999
"""In basis points."""


class TaxCategory(enum.Enum):
    """The VAT category codes of EN 16931 (UNCL 5305) that the portal uses."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    EXPORT = "G"
    OUTSIDE = "O"
    INTRA_COMMUNITY = "K"

    @property
    def needs_reason(self) -> bool:
        return self not in (TaxCategory.STANDARD, TaxCategory.ZERO)


class TaxCode(db.Model):
    """How an account is taxed: a category, a rate, and why no tax is charged."""

    __tablename__ = "tax_codes"
    __table_args__ = (
        CheckConstraint(f"rate BETWEEN 0 AND {MOST_RATE}", name="rate_in_range"),
        CheckConstraint("(category = 'S') = (rate > 0)", name="only_standard_has_a_rate"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    code_key: Mapped[str] = mapped_column(text_key(), unique=True)
    """Case-folded: codes that differ only in case are the same."""
    name: Mapped[str] = mapped_column(String(120))
    category: Mapped[TaxCategory] = mapped_column(word(TaxCategory))
    rate: Mapped[int]
    """In basis points: 2400 is 24 %."""
    reason_code: Mapped[str | None] = mapped_column(String(40))
    """BT-121, such as VATEX-EU-AE."""
    reasons: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Why no tax is charged (BT-120), by language."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From then on no account gets it; those that have it keep it."""
    version: Mapped[int] = mapped_column(default=1)

    @validates("code")
    def _keep_the_code_key(self, _, code: str) -> str:
        self.code_key = fold(code)
        return code

    def __str__(self) -> str:
        """In the audit log."""
        return self.code

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None
