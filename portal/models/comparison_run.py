from datetime import datetime

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime

_IS_OPEN = text("finished_at IS NULL")


class ComparisonRun(db.Model):
    """One comparison of BitTitan's coupons with what is on record. One at a time: a lease and a unique index."""

    __tablename__ = "clearing_runs"
    __table_args__ = (
        Index("uq_clearing_runs_one_open", "lock", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_clearing_runs_complete", "is_complete", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lock: Mapped[int] = mapped_column(default=1)
    """The same in every row: no two may be open."""
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(String(120))
    is_complete: Mapped[bool] = mapped_column(default=False)
    """Every page and every single question was answered. Otherwise the run claims nothing."""
    cause: Mapped[str | None] = mapped_column(String(60))
    """Why it is not complete."""
    counts: Mapped[dict] = mapped_column(JSON, default=dict)
    findings: Mapped[list] = mapped_column(JSON, default=list)
    """The first MOST_FINDINGS of them, each named by its reference; `counts` has the number of all."""

    @property
    def is_well(self) -> bool:
        return self.is_complete and not self.counts.get("findings")

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)
