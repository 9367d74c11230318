from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.types import UTCDateTime


class TaskRun(db.Model):
    """The last run of a recurring task: one row for each task."""

    __tablename__ = "task_runs"

    task: Mapped[str] = mapped_column(String(30), primary_key=True)
    """The kind of its job, or `backup`."""
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime] = mapped_column(UTCDateTime)
    fault: Mapped[str | None] = mapped_column(String(300))
    """Why it failed: a sentence without secrets. None if it did not."""
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The first of the failures in a row."""
