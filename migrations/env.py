from alembic import context
from flask import current_app

db = current_app.extensions["migrate"].db


def is_ours(_thing, name: str | None, _kind: str, _is_read: bool, _other) -> bool:
    """What the search is found by is not described by the models: full-text tables on SQLite, GIN on PostgreSQL."""
    return not (name or "").startswith("search_")


def run() -> None:
    """One transaction for all steps. On SQLite with foreign keys off (rebuilding a table would cascade its rows
    away), and checked afterwards."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
            connection = connection.execution_options(portal_writes=True)
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=is_ours,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
            if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                raise RuntimeError(f"migration broke foreign keys: {broken[:5]}")
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


run()
