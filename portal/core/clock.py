"""The time for all decisions: the database's, because several machines share it."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select

from portal.extensions import db, settings
from portal.models.types import UTCDateTime

_NOW = select(func.clock_timestamp())


def now() -> datetime:
    """`clock_timestamp()` on PostgreSQL (never the transaction's start), the host's clock on SQLite."""
    if db.session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    return db.session.connection().scalar(_NOW).astimezone(UTC)


def when_written() -> datetime | ColumnElement[datetime]:
    """Like `now`, but only for writing: the statement that writes it reads the clock itself."""
    return now() if db.session.get_bind().dialect.name == "sqlite" else func.clock_timestamp(type_=UTCDateTime)


def day_of(instant: datetime) -> date:
    """The distributor's calendar day."""
    return instant.astimezone(settings().time_zone).date()


def begin_of(day: date) -> datetime:
    """The first instant of the distributor's day. The first and last days that there are have no other time zone."""
    kept = min(max(day, date.min + timedelta(days=2)), date.max - timedelta(days=2))
    return datetime.combine(kept, time(), settings().time_zone)


def end_of(day: date) -> datetime:
    """The first instant after it."""
    return begin_of(min(day, date.max - timedelta(days=3)) + timedelta(days=1))


def today() -> date:
    """For screens, where the host's clock is good enough."""
    return day_of(datetime.now(UTC))
