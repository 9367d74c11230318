"""0019 on a database that is in use: every name gets its keys, whatever the number of rows, and goes back again."""

import runpy
from types import FunctionType, SimpleNamespace

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from portal.extensions import db
from portal.models import Import, ImportKind, ImportState, StagedAsset
from portal.models.text_keys import collation_key, fold, search_key
from tests.settings import ROOT

BEFORE, AFTER = "0018_add_email_key", "0019_add_name_sort"
FOLDER = str(ROOT / "migrations")
STEP = runpy.run_path(f"{FOLDER}/versions/{AFTER}.py")
TABLES = (*STEP["NAMED"], *STEP["STAGED"])
NAMES = ["Łódź", "Østergaard", "Ünal", "Straße", "Plain"]


@pytest.fixture
def before(world, app):
    """Rows as the version before has them; one of a file that waits to be applied."""
    for name in NAMES:
        world.asset("synchronized", name=name, account=world.account(name=name))
    with app.app_context():
        with world.transaction():
            values = {"state": ImportState.READ, "file_name": "x.csv", "size": 1, "created_at": world.dana.created_at}
            file = Import(kind=ImportKind.ASSETS, **values)
            db.session.add(file)
            db.session.flush()
            names = {1: "Łódź", 2: None}
            staged = {"import_id": file.id, "raw": "[]"}
            for line, name in names.items():
                db.session.add(StagedAsset(line=line, name=name, name_key=name, reference=f"r{line}", **staged))
        downgrade(directory=FOLDER, revision=BEFORE)
        yield world


def rows(table: str, *columns: str) -> list[tuple]:
    with db.engine.connect() as connection:
        order = "import_id, line" if table in STEP["STAGED"] else "id"
        query = text(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}")
        return [tuple(row) for row in connection.execute(query)]


def indexes() -> set[str]:
    return {index["name"] for table in TABLES for index in inspect(db.engine).get_indexes(table)}


def triggers() -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with db.engine.connect() as connection:
        return set(connection.scalars(text(query[connection.dialect.name])))


def search(word: str) -> list[int]:
    """As the portal asks on SQLite; PostgreSQL's index is the rows' own."""
    query = {
        "sqlite": "SELECT rowid FROM search_assets WHERE search_assets MATCH 'text : \"{}\"'",
        "postgresql": "SELECT id FROM assets WHERE name_key LIKE '%{}%'",
    }
    with db.engine.connect() as connection:
        return list(connection.scalars(text(query[connection.dialect.name].format(word))))


def test_every_row_gets_its_keys_and_loses_nothing_up_and_down(before):
    known = {table: rows(table, "name") for table in TABLES}
    old, kept = indexes(), triggers()
    assert {key for (key,) in rows("assets", "name_key")} >= {"łódź", "østergaard"}
    assert (len(search("łódź")), search("lodz")) == (1, [])

    upgrade(directory=FOLDER, revision=AFTER)

    for table in TABLES:
        assert [(name,) for name, _, _ in rows(table, "name", "name_key", "name_sort")] == known[table]
        for name, key, sort in rows(table, "name", "name_key", "name_sort"):
            if name is None:
                assert sort is None
            else:
                assert (key, bytes(sort)) == (search_key(name), collation_key(name)), table
    assert (len(search("lodz")), search("łódź")) == (1, [])
    assert triggers() == kept
    assert {name.replace("name_sort", "name_key") for name in indexes()} == old | {"ix_users_name_key"}

    downgrade(directory=FOLDER, revision=BEFORE)

    for table in TABLES:
        assert rows(table, "name") == known[table]
        assert "name_sort" not in {column["name"] for column in inspect(db.engine).get_columns(table)}
    assert all(key == fold(name) for name, key in rows("assets", "name", "name_key"))
    assert (indexes(), triggers()) == (old, kept)
    assert (len(search("łódź")), search("lodz")) == (1, [])


def test_rows_are_read_in_batches(before):
    """Of two rows each, so that every table has several."""
    upgrade(directory=FOLDER, revision=AFTER)
    batches = STEP["batches"]
    with db.engine.connect() as connection:
        small = {"BATCH": 2, "op": SimpleNamespace(get_bind=lambda: connection)}
        read = FunctionType(batches.__code__, batches.__globals__ | small)
        for table in TABLES:
            found = [[row.name for row in batch] for batch in read(table)]
            assert sum(found, []) == [name for (name,) in rows(table, "name") if name is not None]
            assert all(len(batch) == 2 for batch in found[:-1])
