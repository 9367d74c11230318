"""0017 on a database that is frozen and has been looked up: it is looked up anew, as nothing was counted, and the way
back keeps what there was."""

from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from portal.extensions import db
from tests.apps import opened
from tests.settings import ROOT, make_settings

MIGRATIONS = str(ROOT / "migrations")
BEFORE, AFTER = "0012_confirm_coupons", "0013_count_connects"
ROW = "SELECT searched_at, searched_to, frozen_why, sends FROM bittitan_connection"


def test_what_was_looked_up_before_is_looked_up_anew(databases, tmp_path):
    url = databases.empty()
    with opened(make_settings(url, tmp_path)) as app, app.app_context():
        upgrade(directory=MIGRATIONS, revision=BEFORE)
        _write("UPDATE bittitan_connection SET frozen_why = 'restored', sends = 7, searched_to = 99,"
               " searched_at = '2026-03-01 00:00:00'")  # fmt: skip
        _write("INSERT INTO work_items (kind, subject_id, due_at, fence, failures)"
               " VALUES ('tidy', 0, '2026-03-01 00:00:00', 1, 3)")  # fmt: skip
        upgrade(directory=MIGRATIONS, revision=AFTER)
        assert _row(ROW) == (None, 0, "restored", 7)
        assert _row("SELECT generation, clock_offset, listed, accounted, stuck FROM bittitan_connection") == (
            0, None, None, None, 0,
        )  # fmt: skip
        downgrade(directory=MIGRATIONS, revision=BEFORE)
        assert _row(ROW) == (None, 0, "restored", 7)
        assert _row("SELECT kind, failures FROM work_items") == ("tidy", 3)
        assert "generation" not in {column["name"] for column in inspect(db.engine).get_columns("bittitan_connection")}
    databases.drop(url)


def _write(statement: str) -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        connection.execute(text(statement))
        connection.commit()


def _row(statement: str) -> tuple:
    with db.engine.connect() as connection:
        return tuple(connection.execute(text(statement)).one())
