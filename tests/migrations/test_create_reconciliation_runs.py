"""0038 on a database that is in use: runs and findings come, and go with their job; what was recorded stays."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.migrations import steps

NAME = "0038_create_reconciliation_runs"
TABLES = {"reconciliation_runs", "reconciliation_coupons", "reconciliation_findings"}
KEPT = ("users", "accounts", "assets", "coupons", "work_items")


def now() -> datetime:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    return at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at


def add_job() -> None:
    values = {"id": 9001, "kind": "reconcile", "subject_id": 1, "due_at": now(), "fence": 3, "failures": 0}
    steps.write(steps.table("work_items").insert().values(**values))


def add_run(number: int) -> None:
    run = {"id": number, "scope": "everything", "source": "live", "is_whole": True, "state": "listing", "position": 0}
    more = {"tries": 0, "counts": {}, "refused": [], "open_mark": 1, "actor": "worker", "made_at": now()}
    steps.write(steps.table("reconciliation_runs").insert().values(**run, **more))


def add_finding(number: int) -> None:
    finding = {"id": number, "run_id": 1, "kind": "no-code", "subject_key": "asset:1", "fingerprint": "x"}
    more = {"differences": [], "candidates": 0, "state": "open"}
    steps.write(steps.table("reconciliation_findings").insert().values(**finding, **more, version=1))


def test_runs_come_and_go_and_what_was_recorded_stays(in_use):
    steps.down_below(NAME)
    assert not TABLES & set(inspect(db.engine).get_table_names())
    before = {name: steps.rows(name) for name in KEPT}
    with pytest.raises(IntegrityError):
        add_job()

    steps.up_to(NAME)
    assert {name: steps.rows(name) for name in KEPT} == before
    add_run(1)
    with pytest.raises(IntegrityError):  # one at a time
        add_run(2)
    add_finding(1)
    with pytest.raises(IntegrityError):  # one for each difference
        add_finding(2)
    add_job()

    steps.down_below(NAME)
    assert {name: steps.rows(name) for name in KEPT} == before
    assert not TABLES & set(inspect(db.engine).get_table_names())
