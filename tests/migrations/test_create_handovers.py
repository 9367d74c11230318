"""0043 on a database that is in use: links and packs come, and go with their job; what was recorded stays."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.migrations import steps

NAME = "0043_create_handovers"
TABLES = {"handover_links", "leaving_packs", "leaving_pack_parts"}
KEPT = ("users", "accounts", "assets", "coupons", "audit_entries", "work_items")


def now() -> datetime:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    return at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at


def add_job() -> None:
    values = {"id": 9001, "kind": "pack", "subject_id": 1, "due_at": now(), "fence": 3, "failures": 0}
    steps.write(steps.table("work_items").insert().values(**values))


def add_pack(number: int, key: str, state: str = "making") -> None:
    pack = {"id": number, "key": key, "account_id": 1, "state": state, "reason": "They leave", "ordered_by_id": 1}
    more = {"ordered_at": now(), "run": 0, "assets_total": 0, "rows_done": 0, "file": "", "size": 0}
    steps.write(steps.table("leaving_packs").insert().values(**pack, **more))


def test_links_and_packs_come_and_go_and_what_was_recorded_stays(in_use):
    steps.down_below(NAME)
    assert not TABLES & set(inspect(db.engine).get_table_names())
    before = {name: steps.rows(name) for name in KEPT}
    with pytest.raises(IntegrityError):
        add_job()

    steps.up_to(NAME)
    assert {name: steps.rows(name) for name in KEPT} == before
    add_pack(1, "a")
    with pytest.raises(IntegrityError):  # one form orders one
        add_pack(2, "a")
    with pytest.raises(IntegrityError):
        add_pack(2, "b", "somehow")
    steps.write(steps.table("leaving_pack_parts").insert().values(pack_id=1, number=0, content=b"PK"))
    add_job()

    steps.down_below(NAME)
    assert {name: steps.rows(name) for name in KEPT} == before
    assert not TABLES & set(inspect(db.engine).get_table_names())
