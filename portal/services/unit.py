"""The writing transaction. All changes to the database are made inside `with writing():`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Executable, Row, select

from portal.database import WRITES, stand_in_line
from portal.extensions import db
from portal.services import points
from portal.services.errors import NotVisible

Model = TypeVar("Model", bound=db.Model)


@contextmanager
def writing(name: str | None = None) -> Iterator[None]:
    """Commits at the end; an exception rolls back. A unit of the protocol has a name (services/points.py).

    Rows that were loaded before keep the values that they had: decide only on what `fresh` returns, or by
    compare-and-set.
    """
    session = db.session()
    if session.info.get(WRITES):
        raise RuntimeError("a unit inside of a unit")
    session.commit()  # ends the reading transaction: its snapshot may be old
    leave_the_line = stand_in_line(session)
    session.info[WRITES] = True
    try:
        session.connection(execution_options={WRITES: True})
        yield
        _reach(name, points.BEFORE_COMMIT)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(WRITES, None)
        leave_the_line()
    _reach(name, points.AFTER_COMMIT)


def _reach(name: str | None, when: str) -> None:
    if name is not None:
        points.reach(f"{name}: {when}")


def glance(statement: Executable, **parameters: object) -> Row | None:
    """One row as it is now, outside of any unit; nothing is held."""
    with db.engine.connect() as connection:
        return connection.execute(statement, parameters).first()


def fresh(model: type[Model], row_id: int) -> Model:
    """The row as it is now, locked until the unit ends (SQLite locks the whole file). Raises NotVisible."""
    query = select(model).where(model.id == row_id).with_for_update(of=model).execution_options(populate_existing=True)
    row = db.session.scalar(query)
    if row is None:
        raise NotVisible()
    return row
