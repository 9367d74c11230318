"""0029 on a database that is in use: work stays, bulk operations come, and go with their job on the way down."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.migrations import steps

NAME = "0029_create_bulk_operations"
TABLES = {"bulk_operations", "bulk_items"}


def _add_job(number: int, kind: str) -> None:
    values = {"id": number, "kind": kind, "subject_id": number, "due_at": datetime(2026, 3, 1, tzinfo=UTC)}
    jobs = steps.table("work_items")
    now = values["due_at"].replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else values["due_at"]
    steps.write(jobs.insert().values(**(values | {"due_at": now, "fence": 3, "failures": 0})))


def _operation() -> None:
    """Of the first person, begun."""
    person = steps.rows("users")[0]
    at = person["created_at"]
    steps.write(
        steps.table("bulk_operations").insert().values(
            id=1, kind="cancel", state="running", origin="cause", query="", is_cut=False,
            choices={"reason": "Ordered twice"}, made_by_id=person["id"], made_at=at,
        )
    )  # fmt: skip


def _kinds() -> list[str]:
    return [row["kind"] for row in steps.rows("work_items") if row["fence"] == 3]


def test_operations_come_and_go_and_other_work_stays(in_use):
    steps.down_below(NAME)
    assert not TABLES & set(inspect(db.engine).get_table_names())
    _add_job(9001, "retry")
    before = {name: steps.rows(name) for name in ("users", "accounts", "work_items")}
    with pytest.raises(IntegrityError):
        _add_job(9002, "bulk")

    steps.up_to(NAME)
    assert {name: steps.rows(name) for name in before} == before
    _operation()
    _add_job(9002, "bulk")
    with pytest.raises(IntegrityError):
        _add_job(9003, "anything")
    assert _kinds() == ["retry", "bulk"]

    steps.down_below(NAME)
    assert {name: steps.rows(name) for name in before} == before
    assert not TABLES & set(inspect(db.engine).get_table_names())
