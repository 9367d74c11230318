"""0020 on a database with files that wait: they stay, and the way back leaves alone what brought a code."""

import runpy

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, select, text
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.apps import opened
from tests.settings import ROOT, make_settings

REVISION = "0020_attach_from_file"
FOLDER = str(ROOT / "migrations")
BEFORE = runpy.run_path(f"{FOLDER}/versions/{REVISION}.py")["down_revision"]


@pytest.fixture
def app(databases, tmp_path):
    url = databases.create(with_world=True)
    with opened(make_settings(url, tmp_path)) as app, app.app_context():
        yield app
    databases.drop(url)


def test_up_and_down_keep_every_file_and_row(app):
    downgrade(directory=FOLDER, revision=BEFORE)
    write(
        "INSERT INTO imports (id, kind, state, file_name, size, heads, ignored, absent, choices, reading, accepted, "
        "run, skips_faulty, created_at, rows_read, rows_checked, new_count, same_count, differs_count, faulty_count, "
        "remarked_count) VALUES (7, 'assets', 'read', 'a.csv', 9, '[]', '[]', '[]', '{}', '{}', '[]', 1, false, "
        "'2026-03-01 00:00:00', 2, 2, 1, 0, 1, 0, 0)"
    )
    for line, verdict in ((2, "new"), (3, "differs")):
        write(
            "INSERT INTO staged_assets (import_id, line, raw, key, verdict, reference) "
            f"VALUES (7, {line}, '[]', 'k', '{verdict}', 'r')"
        )
    upgrade(directory=FOLDER, revision=REVISION)
    assert rows("imports")[0]["attach_count"] == 0
    assert [(row["verdict"], row["asset_id"]) for row in rows("staged_assets")] == [("new", None), ("differs", None)]
    write("UPDATE staged_assets SET verdict = 'attach', asset_id = 1, code_result = 'match' WHERE line = 2")
    write("UPDATE imports SET new_count = 0, attach_count = 1")
    with pytest.raises(IntegrityError):
        write("UPDATE staged_assets SET verdict = 'nothing'")
    downgrade(directory=FOLDER, revision=BEFORE)
    (file,) = rows("imports")
    assert (file["new_count"], file["differs_count"]) == (0, 2)
    assert {row["verdict"] for row in rows("staged_assets")} == {"differs"}
    assert not {"asset_id", "code_result", "code_told"} & set(rows("staged_assets")[0])
    with pytest.raises(IntegrityError):
        write("UPDATE staged_assets SET verdict = 'attach'")


def rows(name: str) -> list:
    with db.engine.connect() as connection:
        table = Table(name, MetaData(), autoload_with=connection)
        return list(connection.execute(select(table).order_by(table.primary_key.columns.values()[-1])).mappings())


def write(statement: str) -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        connection.execute(text(statement))
        connection.commit()
