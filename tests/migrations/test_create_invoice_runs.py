"""0035 on a database that is in use: runs and the schedule come, and go with their job; invoices stay."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.migrations import steps

NAME = "0035_create_invoice_runs"
TABLES = {"invoice_runs", "invoice_run_items", "invoice_schedule"}


def _job() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    at = at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at
    values = {"id": 9001, "kind": "invoicing", "subject_id": 1, "due_at": at, "fence": 3, "failures": 0}
    steps.write(steps.table("work_items").insert().values(**values))


def _draft() -> None:
    account = steps.rows("accounts")[0]
    values = {"id": 1, "key": "k", "kind": "invoice", "billed_account_id": account["id"], "reason": ""}
    texts = {"buyer_name": "x", "buyer_key": "x", "language": "en", "currency": "EUR", "po_number": "", "po_key": ""}
    numbers = dict.fromkeys(("lines_count", "licences", "net", "vat", "gross", "settled"), 0)
    made = {"exchange_rate": "", "made_at": account["created_at"], "version": 1}
    steps.write(steps.table("invoices").insert().values(**values, **texts, **numbers, **made))


def _run() -> None:
    account = steps.rows("accounts")[0]
    run = {"id": 1, "key": "k", "state": "running", "origin": "schedule", "until": date(2026, 11, 30), "others": {}}
    steps.write(
        steps.table("invoice_runs").insert().values(**run, prepared_up_to=0, made_at=account["created_at"], version=1)
    )
    numbers = dict.fromkeys(("lines_count", "licences", "net", "vat", "gross"), 0)
    item = {"id": 1, "run_id": 1, "account_id": account["id"], "currency": "EUR", "is_outside": False}
    more = {"state": "drafted", "reason": "", "fingerprint": "x", "invoice_id": 1}
    steps.write(steps.table("invoice_run_items").insert().values(**item, **numbers, **more))


def test_runs_come_and_go_and_invoices_stay(in_use):
    steps.down_below(NAME)
    assert not TABLES & set(inspect(db.engine).get_table_names())
    _draft()
    before = {name: steps.rows(name) for name in ("users", "accounts", "invoices", "work_items")}
    with pytest.raises(IntegrityError):
        _job()

    steps.up_to(NAME)
    assert {name: steps.rows(name) for name in before} == before
    assert [dict(row) for row in steps.rows("invoice_schedule")] == [{"id": 1, "day": None, "version": 1}]
    with pytest.raises(IntegrityError):
        steps.write("UPDATE invoice_schedule SET day = 31")
    _run()
    _job()

    steps.write("DELETE FROM invoices WHERE id = 1")
    assert [row["invoice_id"] for row in steps.rows("invoice_run_items")] == [None]
    _draft()

    steps.down_below(NAME)
    assert {name: steps.rows(name) for name in before} == before
    assert not TABLES & set(inspect(db.engine).get_table_names())
