"""The writing transaction. All changes to the database are made inside `with writing():`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from sqlalchemy import Executable, Row, Select, bindparam, select
from sqlalchemy.orm import Session

from portal.database import WRITES, stand_in_line
from portal.extensions import db
from portal.services import points
from portal.services.errors import NotVisible

Model = TypeVar("Model", bound=db.Model)
_ALONG = "portal: what is written along"


@contextmanager
def writing(*names: str) -> Iterator[list[str]]:
    """Commits at the end; an exception rolls back. A unit of the protocol has a name (services/points.py); one that
    turns out to be several units together adds theirs to the list that it is given.

    Rows that were loaded before keep the values that they had: decide only on what `fresh` returns, or by
    compare-and-set.
    """
    session, units = db.session(), list(names)
    if session.info.get(WRITES):
        raise RuntimeError("a unit inside of a unit")
    session.commit()  # ends the reading transaction: its snapshot may be old
    leave_the_line = stand_in_line(session)
    session.info[WRITES] = True
    try:
        session.connection(execution_options={WRITES: True})
        yield units
        _write_along(session, units)
        _reach(units, points.BEFORE_COMMIT)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(WRITES, None)
        leave_the_line()
    _reach(units, points.AFTER_COMMIT)


@contextmanager
def along(name: str, write: Callable[[], None]) -> Iterator[None]:
    """Each unit of this name that comes to its end meanwhile writes this, too: both stand on record, or neither."""
    session = db.session()
    session.info[_ALONG] = name, write
    try:
        yield
    finally:
        session.info.pop(_ALONG, None)


def _write_along(session: Session, units: list[str]) -> None:
    name, write = session.info.get(_ALONG, (None, None))
    if name in units:
        write()


def _reach(units: list[str], when: str) -> None:
    for name in units:
        points.reach(f"{name}: {when}")


def glance(statement: Executable, **parameters: object) -> Row | None:
    """One row as it is now, outside of any unit; nothing is held."""
    with db.engine.connect() as connection:
        return connection.execute(statement, parameters).first()


def fresh(model: type[Model], row_id: int) -> Model:
    """The row as it is now, locked until the unit ends (SQLite locks the whole file). Raises NotVisible."""
    row = db.session.scalar(_locked(model), {"row_id": row_id})
    if row is None:
        raise NotVisible()
    return row


@cache
def _locked(model: type[Model]) -> Select[tuple[Model]]:
    its = select(model).where(model.id == bindparam("row_id"))
    return its.with_for_update(of=model).execution_options(populate_existing=True)
