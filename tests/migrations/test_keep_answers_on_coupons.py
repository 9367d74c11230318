"""0042 on a database that is in use: other work stays, and what is new goes on the way down."""

from datetime import UTC, datetime

from sqlalchemy import inspect

from portal.extensions import db
from tests.migrations import steps

NAME = "0042_keep_answers_on_coupons"
COLUMNS = {"absent_at", "stated", "stated_at", "stated_by", "stated_why"}
INDEXES = {"ix_coupons_at_bittitan", "ix_coupons_absent", "ix_coupons_oldest"}


def _at(year: int) -> datetime:
    at = datetime(year, 3, 1, tzinfo=UTC)
    return at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at


def _add_job(number: int, kind: str, subject_id: int) -> None:
    values = {"id": number, "kind": kind, "subject_id": subject_id, "due_at": _at(2026), "fence": 3, "failures": 0}
    steps.write(steps.table("work_items").insert().values(**values))


def _fill() -> None:
    person = steps.rows("users")[0]
    made = {"made_by_id": person["id"], "made_at": _at(2026), "query": "", "is_cut": False, "choices": {}}
    for number, kind in ((1, "cancel"), (2, "check")):
        operation = {"id": number, "kind": kind, "state": "running", "origin": "picked"}
        steps.write(steps.table("bulk_operations").insert().values(**(operation | made)))
        _add_job(900 + number, "bulk", number)
    asked = {"subject_id": 1, "typed": {}, "asked_by_id": person["id"], "asked_at": _at(2026)}
    for number, kind in ((1, "check code"), (2, "check status")):
        request = {"id": number, "kind": kind, "state": "waiting"}
        steps.write(steps.table("vendor_requests").insert().values(**(request | asked)))
        _add_job(910 + number, "request", number)
    _add_job(920, "statuses", 0)


def _columns() -> set[str]:
    return {column["name"] for column in inspect(db.engine).get_columns("coupons")}


def _indexes() -> set[str]:
    return {index["name"] for index in inspect(db.engine).get_indexes("coupons")}


def _jobs() -> list[int]:
    return sorted(row["id"] for row in steps.rows("work_items") if row["fence"] == 3)


def test_answers_come_and_go_and_other_work_stays(in_use):
    _fill()
    assert COLUMNS <= _columns()
    assert INDEXES <= _indexes()
    steps.down_below(NAME)
    assert not COLUMNS & _columns()
    assert not INDEXES & _indexes()
    assert "status_checks" not in inspect(db.engine).get_table_names()
    assert _jobs() == [901, 911]
    assert [row["kind"] for row in steps.rows("bulk_operations")] == ["cancel"]
    assert [row["kind"] for row in steps.rows("vendor_requests")] == ["check code"]
    steps.up_to(NAME)
    assert COLUMNS <= _columns()
    assert INDEXES <= _indexes()
