"""Steps up and down, and the rows of a table in between, whatever columns it has then."""

import runpy

from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, select, text

from portal.extensions import db
from tests.settings import ROOT

FOLDER = ROOT / "migrations"


def up_to(revision: str) -> None:
    upgrade(directory=str(FOLDER), revision=revision)
    db.engine.dispose()  # SQLite: the connection of a migration goes on without foreign keys


def down_to(revision: str) -> None:
    """Takes away what later revisions have added."""
    downgrade(directory=str(FOLDER), revision=revision)


def down_below(revision: str) -> None:
    before = runpy.run_path(str(FOLDER / "versions" / f"{revision}.py"))["down_revision"]
    downgrade(directory=str(FOLDER), revision=before)


def table(name: str) -> Table:
    with db.engine.connect() as connection:
        return Table(name, MetaData(), autoload_with=connection)


def rows(name: str) -> list:
    """In the order of the last column of the primary key."""
    found = table(name)
    with db.engine.connect() as connection:
        return list(connection.execute(select(found).order_by(found.primary_key.columns.values()[-1])).mappings())


def write(statement, **values) -> None:
    with db.engine.connect().execution_options(portal_writes=True) as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement, values)
        connection.commit()
