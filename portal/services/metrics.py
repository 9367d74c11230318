"""Counters for monitoring. They are written in the transaction of what they count, and only grow."""

from collections.abc import Callable

from sqlalchemy import Insert, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.core import transaction
from portal.extensions import db
from portal.models import Tally

BUCKETS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000)
"""Upper bounds in milliseconds; longer times are counted under OVER."""
OVER = 2**31 - 1
UNTIMED = 0


def increment(subject: str, outcome: str, milliseconds: int | None = None) -> None:
    """Inside a transaction. Each kind of outcome has a counter row of its own, so reading needs no counting."""
    transaction.gathered(_write).setdefault((subject, outcome, _bucket(milliseconds)), []).append(milliseconds or 0)


def _write(times: dict[tuple[str, str, int], list[int]]) -> None:
    """At the end of the transaction, sorted: all transactions share these rows, and one order avoids deadlocks."""
    rows = [
        {"subject": subject, "outcome": outcome, "bucket": bucket, "count": len(taken), "milliseconds": sum(taken)}
        for (subject, outcome, bucket), taken in sorted(times.items())
    ]
    connection = db.session.connection()
    connection.execute(_ADD[connection.dialect.name], rows)


def _bucket(milliseconds: int | None) -> int:
    return UNTIMED if milliseconds is None else next((most for most in BUCKETS if milliseconds <= most), OVER)


def _upsert(insert: Callable) -> Insert:
    table = Tally.__table__
    new = insert(table)
    sums = {name: table.c[name] + new.excluded[name] for name in ("count", "milliseconds")}
    return new.on_conflict_do_update(index_elements=["subject", "outcome", "bucket"], set_=sums)


_ADD = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}


def totals(subject: str) -> list[Tally]:
    return list(db.session.scalars(select(Tally).where(Tally.subject == subject)))
