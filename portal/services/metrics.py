"""Counters for monitoring, kept in the transaction of what they count; they only grow."""

from collections import defaultdict
from collections.abc import Callable

from sqlalchemy import Insert, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import db
from portal.models import Tally

BUCKETS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000)
"""Milliseconds; what took longer stands under OVER."""
OVER = 2**31 - 1
UNTIMED = 0


def increment(subject: str, outcome: str, milliseconds: int | None = None) -> None:
    """Inside a transaction. One row for each way in which something can end, so nothing has to be counted later."""
    increment_all((subject, outcome, [milliseconds]))


def increment_all(*ends: tuple[str, str, list[int | None]]) -> None:
    """Inside a transaction: of each subject and outcome so many. Always in the same order, so that nobody waits
    crosswise."""
    rows = [
        {"subject": subject, "outcome": outcome, "bucket": bucket, "count": len(taken), "milliseconds": sum(taken)}
        for subject, outcome, times in ends
        for bucket, taken in _by_bucket(times)
    ]
    connection = db.session.connection()
    connection.execute(_ADD[connection.dialect.name], rows)


def _by_bucket(times: list[int | None]) -> list[tuple[int, list[int]]]:
    buckets: dict[int, list[int]] = defaultdict(list)
    for milliseconds in times:
        buckets[_bucket(milliseconds)].append(milliseconds or 0)
    return sorted(buckets.items())


def _bucket(milliseconds: int | None) -> int:
    return UNTIMED if milliseconds is None else next((most for most in BUCKETS if milliseconds <= most), OVER)


def _upsert(insert: Callable) -> Insert:
    table = Tally.__table__
    new = insert(table)
    more = {name: table.c[name] + new.excluded[name] for name in ("count", "milliseconds")}
    return new.on_conflict_do_update(index_elements=["subject", "outcome", "bucket"], set_=more)


_ADD = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}


def totals(subject: str) -> list[Tally]:
    return list(db.session.scalars(select(Tally).where(Tally.subject == subject)))
