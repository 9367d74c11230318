"""The writing transaction. All changes to the database are made inside `with transaction():`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from sqlalchemy import Executable, Row, Select, bindparam, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.core import failpoints
from portal.core.errors import NotVisible
from portal.database import READS_ANEW, WRITES, queue_for_write_lock
from portal.extensions import db

AFTER = "portal_after"
GATHERED = "portal_gathered"
Model = TypeVar("Model", bound=db.Model)
Result = TypeVar("Result")
_ALONG = "portal: what is written along"


@contextmanager
def transaction(*names: str) -> Iterator[list[str]]:
    """Commits at the end; an exception rolls back. A transaction of the purchase protocol has a name
    (core/failpoints.py). One that covers several of them adds their names to the list that it yields.

    Rows loaded earlier keep their values, even after a rollback, so that a page about the refusal can show them. Decide
    only on what `lock` returns, or by compare-and-set. After a rollback, queries read afresh.
    """
    session, names = db.session(), list(names)
    if session.info.get(WRITES):
        raise RuntimeError("a transaction inside a transaction")
    session.commit()  # ends the reading transaction, whose snapshot may be old
    leave_the_line = queue_for_write_lock(session)
    loaded = [(row, dict(row.__dict__)) for row in session.identity_map.values()]
    session.info[WRITES] = True
    session.info[AFTER] = acts = []
    session.info[GATHERED] = gathered = {}
    session.info.pop(READS_ANEW, None)
    try:
        session.connection(execution_options={WRITES: True})
        yield names
        _write_along(session, names)
        for write, values in gathered.items():
            write(values)
        _hit_failpoints(names, failpoints.BEFORE_COMMIT)
        session.commit()
    except BaseException:
        session.rollback()
        _as_they_were(loaded)
        session.info[READS_ANEW] = True
        raise
    finally:
        session.info.pop(WRITES, None)
        leave_the_line()
    _hit_failpoints(names, failpoints.AFTER_COMMIT)
    for act in acts:
        act()


def once_more(act: Callable[[], Result]) -> Result:
    """For a transaction that looks for a unique key, and writes it if it is not there. If another one was faster, it
    looks again, once: it finds what that one has committed."""
    try:
        return act()
    except IntegrityError:
        return act()


def gathered(write: Callable[[dict], None]) -> dict:
    """Inside a transaction. `write` gets this dictionary once, just before the commit."""
    info = db.session().info
    if not info.get(WRITES):
        raise RuntimeError("something is gathered outside a transaction")
    return info[GATHERED].setdefault(write, {})


def after_commit(act: Callable[[], None]) -> None:
    """Calls `act` once the transaction is committed, and never if it is rolled back. Outside a transaction: at once."""
    info = db.session().info
    if info.get(WRITES):
        info[AFTER].append(act)
    else:
        act()


def _as_they_were(loaded: list[tuple[db.Model, dict]]) -> None:
    """A rollback expires every row of the session, but a page still needs what was loaded with them."""
    for row, values in loaded:
        for attribute in inspect(row).mapper.attrs:
            if attribute.key in values:
                value = values[attribute.key]
                set_committed_value(row, attribute.key, list(value) if isinstance(value, list) else value)


@contextmanager
def write_with(name: str, write: Callable[[], None]) -> Iterator[None]:
    """While the block runs, each transaction with this name also calls `write` before its commit, so that both are
    recorded or neither."""
    session = db.session()
    session.info[_ALONG] = name, write
    try:
        yield
    finally:
        session.info.pop(_ALONG, None)


def _write_along(session: Session, names: list[str]) -> None:
    name, write = session.info.get(_ALONG, (None, None))
    if name in names:
        write()


def _hit_failpoints(names: list[str], when: str) -> None:
    for name in names:
        failpoints.hit(f"{name}: {when}")


def read_committed(statement: Executable, **parameters: object) -> Row | None:
    """One row as it is now, read outside any transaction and without a lock."""
    with db.engine.connect() as connection:
        return connection.execute(statement, parameters).first()


def lock(model: type[Model], row_id: int) -> Model:
    """The current row, locked until the transaction ends (SQLite locks the whole file). Raises NotVisible."""
    row = db.session.scalar(_locked(model), {"row_id": row_id})
    if row is None:
        raise NotVisible()
    return row


def lock_in_order(model: type[Model], row_ids: Iterable[int]) -> None:
    """Those of them that exist, by id: who locks several rows in this order never deadlocks with another who does."""
    rows = select(model.id).where(model.id.in_(set(row_ids))).order_by(model.id)
    db.session.execute(rows.with_for_update(of=model))


@cache
def _locked(model: type[Model]) -> Select[tuple[Model]]:
    query = select(model).where(model.id == bindparam("row_id"))
    return query.with_for_update(of=model).execution_options(populate_existing=True)
