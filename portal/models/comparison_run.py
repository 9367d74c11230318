from datetime import datetime

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime

_IS_OPEN = text("finished_at IS NULL")


class ComparisonRun(db.Model):
    """One comparison of BitTitan's coupons with the portal's records. Lease and unique index allow one at a time."""

    __tablename__ = "clearing_runs"
    __table_args__ = (
        Index("uq_clearing_runs_one_open", "lock", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_clearing_runs_complete", "is_complete", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lock: Mapped[int] = mapped_column(default=1)
    """The same in every row, so that the unique index allows only one open run."""
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(String(120))
    is_complete: Mapped[bool] = mapped_column(default=False)
    """BitTitan answered every page and every single question. Otherwise the run proves nothing."""
    cause: Mapped[str | None] = mapped_column(String(60))
    """Why the run is not complete."""
    counts: Mapped[dict] = mapped_column(JSON, default=dict)
    findings: Mapped[list] = mapped_column(JSON, default=list)
    """The first MOST_FINDINGS findings, each with its reference; `counts` has their total number."""

    @property
    def is_well(self) -> bool:
        return self.is_complete and not self.counts.get("findings")

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)
