"""Who has to give way to another writing transaction is told that the database is busy, not that it is out of order."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from portal.extensions import db
from portal.web.security.guards import public

PATIENCE = {"sqlite": "PRAGMA busy_timeout = 0", "postgresql": "SET lock_timeout = 1"}
WRITE = "UPDATE accounts SET version = version WHERE id = %d"


@pytest.fixture
def page_of(app):
    """`page_of(error)`: the answer to a request that meets it."""

    def answer(error: Exception):
        @app.route("/raise")
        @public
        def raise_it():
            raise error

        return app.test_client().get("/raise")

    return answer


def test_who_waits_too_long_is_told_so(app, world, page_of):
    with app.app_context(), db.engine.connect() as first, db.engine.connect() as second:
        first.exec_driver_sql(WRITE % world.partner.id)
        second.exec_driver_sql(PATIENCE[db.engine.dialect.name])
        with pytest.raises(OperationalError) as waited:
            second.exec_driver_sql(WRITE % world.partner.id)
        second.invalidate()

    answer = page_of(waited.value)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "database is busy" in answer.text


@pytest.mark.postgresql  # SQLite has one lock
def test_who_loses_a_deadlock_is_told_so(app, world, page_of):
    mine, theirs = WRITE % world.partner.id, WRITE % world.rival.id
    with app.app_context(), db.engine.connect() as first, db.engine.connect() as second, ThreadPoolExecutor() as pool:
        first.exec_driver_sql(mine)
        second.exec_driver_sql(theirs)
        waiting = pool.submit(_error_of, first, theirs), pool.submit(_error_of, second, mine)
        [error] = filter(None, (one.result() for one in waiting))

    assert "database is busy" in page_of(error).text


def _error_of(connection: Connection, statement: str) -> OperationalError | None:
    """Ends the transaction in any case, so that the other one can go on."""
    try:
        connection.exec_driver_sql(statement)
    except OperationalError as error:
        return error
    finally:
        connection.rollback()
    return None
