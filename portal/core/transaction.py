"""The writing transaction. All changes to the database are made inside `with writing():`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from sqlalchemy import Executable, Row, Select, bindparam, inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.core import failpoints
from portal.core.errors import NotVisible
from portal.database import READS_ANEW, WRITES, stand_in_line
from portal.extensions import db

AFTER = "portal_after"
Model = TypeVar("Model", bound=db.Model)
_ALONG = "portal: what is written along"


@contextmanager
def writing(*names: str) -> Iterator[list[str]]:
    """Commits at the end; an exception rolls back. A unit of the protocol has a name (core/failpoints.py); one that
    turns out to be several units together adds theirs to the list that it is given.

    Rows that were loaded before keep the values that they had, also if it is rolled back (a page about the refusal is
    drawn with them): decide only on what `fresh` returns, or by compare-and-set. What is asked again after a unit
    that was rolled back is read anew.
    """
    session, units = db.session(), list(names)
    if session.info.get(WRITES):
        raise RuntimeError("a unit inside of a unit")
    session.commit()  # ends the reading transaction: its snapshot may be old
    leave_the_line = stand_in_line(session)
    loaded = [(row, dict(row.__dict__)) for row in session.identity_map.values()]
    session.info[WRITES] = True
    session.info[AFTER] = acts = []
    session.info.pop(READS_ANEW, None)
    try:
        session.connection(execution_options={WRITES: True})
        yield units
        _write_along(session, units)
        _reach(units, failpoints.BEFORE_COMMIT)
        session.commit()
    except BaseException:
        session.rollback()
        _as_they_were(loaded)
        session.info[READS_ANEW] = True
        raise
    finally:
        session.info.pop(WRITES, None)
        leave_the_line()
    _reach(units, failpoints.AFTER_COMMIT)
    for act in acts:
        act()


def afterwards(act: Callable[[], None]) -> None:
    """Once the unit is committed, and not at all where it is rolled back. Outside of a unit: now."""
    info = db.session().info
    if info.get(WRITES):
        info[AFTER].append(act)
    else:
        act()


def _as_they_were(loaded: list[tuple[db.Model, dict]]) -> None:
    """A rollback empties every row of the session, and most of what a page shows beside it is loaded with it alone."""
    for row, values in loaded:
        for attribute in inspect(row).mapper.attrs:
            if attribute.key in values:
                value = values[attribute.key]
                set_committed_value(row, attribute.key, list(value) if isinstance(value, list) else value)


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
        failpoints.reach(f"{name}: {when}")


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
