"""0044 on a database that is in use: the daily comparison goes with its jobs, and comes back empty."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.migrations import steps

NAME = "0044_schedule_reconciliation"
BEFORE = "clearing_runs"
KEPT = ("users", "accounts", "assets", "coupons", "alerts", "audit_entries")


def now() -> datetime:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    return at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at


def add_job(kind: str, subject_id: int) -> None:
    values = {"id": 9000 + subject_id, "kind": kind, "subject_id": subject_id, "due_at": now(), "fence": 3}
    steps.write(steps.table("work_items").insert().values(**values, failures=0))


def add_comparison(number: int) -> None:
    at = {"started_at": now(), "lease_until": now()}
    run = {"id": number, "lock": 1, "actor": "worker", "is_complete": True, "counts": {}, "findings": []}
    steps.write(steps.table(BEFORE).insert().values(**run, **at))


def jobs() -> list[tuple[str, int]]:
    return sorted((row["kind"], row["subject_id"]) for row in steps.rows("work_items") if row["id"] >= 9000)


def test_the_comparison_goes_and_comes_back_empty(in_use):
    steps.down_below(NAME)
    add_comparison(1)
    add_job("clearing", 0)
    add_job("reconcile", 7)
    before = {name: steps.rows(name) for name in KEPT}

    steps.up_to(NAME)
    assert BEFORE not in inspect(db.engine).get_table_names()
    assert jobs() == [("reconcile", 7)]
    with pytest.raises(IntegrityError):
        add_job("clearing", 0)
    add_job("reconcile", 0)
    assert {name: steps.rows(name) for name in KEPT} == before

    steps.down_below(NAME)
    assert (jobs(), steps.rows(BEFORE)) == ([("reconcile", 7)], [])
    add_job("clearing", 0)
    add_comparison(1)
    with pytest.raises(IntegrityError):  # one at a time
        add_comparison(2)
    assert {name: steps.rows(name) for name in KEPT} == before
