"""0016 there and back, with rows in the table: it is append-only as soon as it is there."""

from datetime import UTC, datetime

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from portal.extensions import db
from tests.apps import opened
from tests.settings import ROOT, make_settings

BEFORE, AFTER = "0015_add_authenticated_at", "0016_add_security_events"
FOLDER = str(ROOT / "migrations")


def write(statement: str, **values: object) -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection, connection.begin():
        connection.execute(text(statement), values)


def test_it_comes_goes_and_comes_again(databases, tmp_path):
    url = databases.empty()
    with opened(make_settings(url, tmp_path)) as app, app.app_context():
        for _time in range(2):
            upgrade(directory=FOLDER, revision=AFTER)
            row = "INSERT INTO security_events (at, event, outcome, count) VALUES (:at, 'sign_in', 'failed', 1)"
            write(row, at=datetime.now(UTC).replace(tzinfo=None))
            for statement in ("UPDATE security_events SET count = 2", "DELETE FROM security_events"):
                with pytest.raises(DBAPIError, match="security log"):
                    write(statement)
            downgrade(directory=FOLDER, revision=BEFORE)
            assert "security_events" not in inspect(db.engine).get_table_names()
    databases.drop(url)
