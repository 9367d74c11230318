"""0014 on a database that is in use: what waits for a worker stays, and there is one more kind of work."""

from datetime import UTC, datetime

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.apps import opened
from tests.settings import ROOT, make_settings

BEFORE, AFTER = "0013_count_connects", "0014_create_requests"
ADD = text(
    "INSERT INTO work_items (id, kind, subject_id, due_at, fence, failures) VALUES (:id, :kind, :id, :due_at, 3, 0)"
)


@pytest.fixture
def old(databases, tmp_path):
    url = databases.empty()
    with opened(make_settings(url, tmp_path)) as app, app.app_context():
        upgrade(directory=str(ROOT / "migrations"), revision=BEFORE)
        yield app
    databases.drop(url)


def _write(statement, **values):
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        connection.execute(statement, values)
        connection.commit()


def _add(number: int, kind: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    _write(ADD, id=number, kind=kind, due_at=now.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else now)


def _kinds() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.scalars(text("SELECT kind FROM work_items WHERE fence = 3 ORDER BY id")))


def test_work_stays_and_requests_come_and_go(old):
    _add(101, "advance")
    _add(102, "search")
    with pytest.raises(IntegrityError):
        _add(103, "request")

    upgrade(directory=str(ROOT / "migrations"), revision=AFTER)
    _add(103, "request")
    assert _kinds() == ["advance", "search", "request"]
    with pytest.raises(IntegrityError):
        _add(104, "anything")
    with pytest.raises(IntegrityError):
        _write(text("INSERT INTO work_items SELECT 105, kind, subject_id, due_at, lease_until, 4, 0 FROM work_items"))
    assert [each["name"] for each in inspect(db.engine).get_indexes("work_items")].count("ix_work_items_due_at") == 1

    downgrade(directory=str(ROOT / "migrations"), revision=BEFORE)
    assert _kinds() == ["advance", "search"]
    assert "vendor_requests" not in inspect(db.engine).get_table_names()
    with pytest.raises(IntegrityError):
        _add(103, "request")
