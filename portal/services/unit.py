"""The writing transaction. All changes to the database are made inside `with writing():`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from sqlalchemy import Executable, Row, Select, bindparam, select

from portal.database import WRITES, stand_in_line
from portal.extensions import db
from portal.services import points
from portal.services.errors import NotVisible

AFTER = "portal_after"
Model = TypeVar("Model", bound=db.Model)


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
    session.info[AFTER] = acts = []
    try:
        session.connection(execution_options={WRITES: True})
        yield units
        _reach(units, points.BEFORE_COMMIT)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(WRITES, None)
        leave_the_line()
    _reach(units, points.AFTER_COMMIT)
    for act in acts:
        act()


def afterwards(act: Callable[[], None]) -> None:
    """Once the unit is committed, and not at all where it is rolled back. Outside of a unit: now."""
    info = db.session().info
    if info.get(WRITES):
        info[AFTER].append(act)
    else:
        act()


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
