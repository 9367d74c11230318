"""All rows of all tables, to prove that something changed nothing."""

from flask import Flask
from sqlalchemy import select

from portal.extensions import db

MOVES_BY_ITSELF = {"sign_ins", "throttles", "workers", "drafts"}
"""Signing in, counting attempts, heartbeats, and keeping what somebody typed are no changes of what is kept."""


def dump(app: Flask) -> dict[str, list[tuple]]:
    with app.app_context():
        tables = [table for table in db.metadata.sorted_tables if table.name not in MOVES_BY_ITSELF]
        # `exec_driver_sql` and the like would be quicker, but types read the same on both databases this way.
        return {table.name: _rows(table) for table in tables}


def _rows(table) -> list[tuple]:
    hidden = {"signed_in_at"} if table.name == "users" else set()
    columns = [column for column in table.columns if column.name not in hidden]
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(*table.primary_key.columns))]


def difference(before: dict[str, list[tuple]], after: dict[str, list[tuple]]) -> list[str]:
    """In words, for the assertion's message."""
    lines = []
    for name, rows in after.items():
        old, new = set(map(repr, before[name])), set(map(repr, rows))
        lines += [f"{name} - {row}" for row in sorted(old - new)] + [f"{name} + {row}" for row in sorted(new - old)]
    return lines
