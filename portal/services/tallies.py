"""Counters for monitoring, kept in the transaction of what they count; they only grow."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.models import Tally

BUCKETS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000)
"""Milliseconds; what took longer stands under OVER."""
OVER = 2**31 - 1
UNTIMED = 0


def add(subject: str, outcome: str, milliseconds: int | None = None) -> None:
    """Inside a unit. One row for each way in which something can end, so nothing has to be counted later."""
    bucket = UNTIMED if milliseconds is None else next((most for most in BUCKETS if milliseconds <= most), OVER)
    insert = (sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql).insert
    taken = milliseconds or 0
    new = insert(Tally).values(subject=subject, outcome=outcome, bucket=bucket, count=1, milliseconds=taken)
    more = {"count": Tally.count + 1, "milliseconds": Tally.milliseconds + taken}
    db.session.execute(new.on_conflict_do_update(index_elements=["subject", "outcome", "bucket"], set_=more))


def all_of(subject: str) -> list[Tally]:
    return list(db.session.scalars(select(Tally).where(Tally.subject == subject)))
