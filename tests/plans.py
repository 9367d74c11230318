"""How a database answers: the plans of statements."""

from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.database import VALUES_MATTER
from portal.extensions import db


def explained(act) -> list[str]:
    """The lines of the plans of all that was asked for."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    how = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    with db.engine.connect().execution_options(**{VALUES_MATTER: True}) as connection:
        return [
            str(row[-1])
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"{how} {statement}", parameters)
        ]
