"""0015 on a database that is in use: who is signed in stays so, and gave the password when the session began."""

import runpy
from datetime import UTC, datetime

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, inspect, select

from portal.extensions import db
from tests.apps import opened
from tests.settings import ROOT, make_settings

REVISION, COLUMN = "0015_add_authenticated_at", "authenticated_at"
FOLDER = str(ROOT / "migrations")
BEFORE = runpy.run_path(f"{FOLDER}/versions/{REVISION}.py")["down_revision"]


@pytest.fixture
def app(databases, tmp_path):
    url = databases.create(with_world=True)
    with opened(make_settings(url, tmp_path)) as app, app.app_context():
        yield app
    databases.drop(url)


def sign_ins() -> tuple[Table, list]:
    with db.engine.connect() as connection:
        table = Table("sign_ins", MetaData(), autoload_with=connection)
        return table, connection.execute(select(table)).mappings().all()


def test_up_and_down_keep_every_session(app):
    downgrade(directory=FOLDER, revision=BEFORE)
    table, _ = sign_ins()
    assert COLUMN not in table.columns
    at = datetime(2026, 3, 1, tzinfo=UTC)
    moment = at.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else at
    row = {"token_hash": "x", "user_id": 1, "created_at": moment, "seen_at": moment, "expires_at": moment}
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        connection.execute(table.insert().values(row))
        connection.commit()
    upgrade(directory=FOLDER, revision=REVISION)
    table, (kept,) = sign_ins()
    assert (kept["token_hash"], kept[COLUMN]) == ("x", kept["created_at"])
    indices = {index["name"] for index in inspect(db.engine).get_indexes("sign_ins")}
    assert {"ix_sign_ins_user_id", "ix_sign_ins_expires_at"} <= indices
    downgrade(directory=FOLDER, revision=BEFORE)
    table, (kept,) = sign_ins()
    assert COLUMN not in table.columns
    assert kept["token_hash"] == "x"
