"""0036 on a database that is in use: rows stay, every day is on the list, and triggers add what changes."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests import build_figures
from tests.migrations.steps import down_below, rows, table, up_to, write

NAME = "0036_keep_figures"
TABLES = {"figures", "figure_changes", "figure_state"}
KEPT = ("assets", "coupons", "orders", "order_lines", "invoices", "invoice_lines", "work_items")
BOUGHT, BILLED = (date(2026, 3, 4), date(2026, 5, 6)), date(2026, 7, 8)


@pytest.fixture
def populated(world, app):
    with app.app_context():
        for day in BOUGHT:
            assets = world.assets(2, "synchronized", purchased_on=day)
        build_figures.bill(world, assets, BILLED)
        down_below(NAME)
        yield world


def days() -> set[date]:
    return {row["day"] for row in rows("figure_changes")}


def test_up_and_down_keep_every_row(populated):
    before = {name: rows(name) for name in KEPT}
    assert not TABLES & set(inspect(db.engine).get_table_names())
    up_to(NAME)
    assert days() == {*BOUGHT, BILLED}
    assert [row["version"] for row in rows("figure_state")] == [1]
    add_job("figures")
    with pytest.raises(IntegrityError):
        add_job("anything")
    down_below(NAME)
    assert {name: rows(name) for name in KEPT} == before
    assert not TABLES & set(inspect(db.engine).get_table_names())
    write("UPDATE assets SET quantity = 7")  # no trigger is left that asks for the tables


def add_job(kind: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    due_at = now.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else now
    values = {"kind": kind, "subject_id": 0, "due_at": due_at, "fence": 0, "failures": 0}
    write(table("work_items").insert().values(values))
