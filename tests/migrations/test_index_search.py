"""0007 on a database that is in use: rows and triggers stay, and what was there before is found."""

from datetime import UTC, date, datetime

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, inspect, select, text

from portal.extensions import db
from tests.apps import opened
from tests.settings import ROOT, make_settings

BEFORE, AFTER = "0006_create_audit", "0007_index_search"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
TABLES = ("accounts", "product_types", "products", "assets", "coupons")


@pytest.fixture
def old(databases, tmp_path):
    """An app on a database as it was before, with rows in it."""
    url = databases.empty()
    with opened(make_settings(url, tmp_path)) as app, app.app_context():
        _migrate(BEFORE)
        with db.engine.connect().execution_options(portal_writes=True) as connection:
            _fill(connection)
            connection.commit()
        yield app
    databases.drop(url)


def _migrate(revision: str) -> None:
    upgrade(directory=str(ROOT / "migrations"), revision=revision)


def _fill(connection) -> None:
    tables = MetaData()
    tables.reflect(connection, only=TABLES)
    now = NOW.replace(tzinfo=None) if connection.dialect.name == "sqlite" else NOW
    account = {"currency": "EUR", "language": "en", "created_at": now, "version": 1}
    people = [
        ("distributor", "Meridian", None, None),
        ("partner", "Northlight", 1, 2),
        ("customer", "Brightwood", 2, 2),
    ]
    rows = {
        "accounts": [
            account | {"id": id, "code": name, "code_key": name.casefold(), "name": name, "name_key": name.casefold()}
            | {"kind": kind, "parent_id": parent, "branch_id": branch}
            for id, (kind, name, parent, branch) in enumerate(people, start=1)
        ],
        "product_types": [{"id": 1, "license_kind": "M", "name": "M", "expire_days": 365, "validity_days": 365}],
        "products": [
            {"id": 1, "code": "M", "name": "M", "name_key": "m", "type_id": 1, "expire_days": 365}
            | {"validity_days": 365, "created_at": now}
        ],
        "assets": [
            {"id": id, "name": f"Mailboxes {id}", "name_key": f"mailboxes {id}", "account_id": 3, "branch_id": 2}
            | {"billed_account_id": 2, "product_id": 1, "quantity": 5, "purchased_on": date(2026, 3, 1)}
            | {"expire_days": 365, "validity_days": 365, "redeem_by": date(2027, 3, 1), "sync_status": "synchronized"}
            | {"lifecycle": "active", "note": "", "reference": f"r{id}", "attempts_made": 0}
            | {"created_at": now, "version": 1}
            for id in range(1, 8)
        ],
        "coupons": [
            {"id": id, "code": f"TEST-Code-{id:03}", "asset_id": id, "standing": "recorded", "is_verified": True}
            | {"recorded_at": now}
            for id in range(1, 8)
        ],
    }  # fmt: skip
    for name in TABLES:
        connection.execute(tables.tables[name].insert(), rows[name])


def _rows() -> dict[str, list]:
    with db.engine.connect() as connection:
        tables = [Table(name, MetaData(), autoload_with=connection) for name in TABLES]
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
            for table in tables
        }


def _triggers() -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with db.engine.connect() as connection:
        return set(connection.scalars(text(query[connection.dialect.name])))


def _indexes() -> set[str]:
    return {index["name"] for index in inspect(db.engine).get_indexes("assets")}


def _found(word: str) -> list[int]:
    """As the search asks on SQLite; PostgreSQL finds in the rows themselves."""
    query = {
        "sqlite": "SELECT rowid FROM {} WHERE {} MATCH 'text : \"{}\"' ORDER BY 1",
        "postgresql": "SELECT asset_id FROM coupons WHERE lower(code) LIKE '%{2}%' ORDER BY 1",
    }
    with db.engine.connect() as connection:
        sql = query[connection.dialect.name].format("search_codes", "search_codes", word)
        return list(connection.scalars(text(sql)))


def test_rows_and_triggers_stay_and_the_old_codes_are_found(old):
    rows, triggers = _rows(), _triggers()
    assert triggers >= {"guard_coupons_3", "guard_audit_entries_1"}
    _migrate(AFTER)
    assert _rows() == rows
    assert _triggers() >= triggers
    assert _found("code-00") == [1, 2, 3, 4, 5, 6, 7]


def test_it_can_be_taken_back(old):
    rows, triggers, indexes = _rows(), _triggers(), _indexes()
    _migrate(AFTER)
    assert _indexes() != indexes
    downgrade(directory=str(ROOT / "migrations"), revision=BEFORE)
    assert (_rows(), _triggers(), _indexes()) == (rows, triggers, indexes)


def test_the_newest_schema_keeps_the_search_current(old):
    """A later step that builds a table anew would lose its triggers without a word."""
    _migrate("head")
    kept = {f"search_{name}" for name in _KEEPERS} if db.engine.dialect.name == "sqlite" else set()
    assert _triggers() >= kept
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            names = set(connection.scalars(text("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'search_%'")))
            assert names == {
                f"search_{name}" for name in ("assets_name", "assets_signs", "accounts_name", "coupons_code")
            }


_KEEPERS = (
    "assets_insert", "assets_update", "assets_delete", "codes_insert", "codes_update", "codes_move", "accounts_insert",
    "accounts_update", "accounts_delete",
)  # fmt: skip
