"""SQLite: its backup API copies a database while others write, and replaces one while others read."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from portal.core import clock, errors, private_files
from portal.core.i18n import gettext as _
from portal.extensions import settings
from portal.models import Connection, Job, JobKind
from portal.services.restore_guard import freeze
from portal.sqlite import connect, sqlite3

HEADER = b"SQLite format 3\x00"
PATIENCE = 15


def back_up(part: Path) -> None:
    """The copy is frozen: a file that is put in place by hand must not send."""
    try:
        with _opened(_file()) as source, _opened(part) as target:
            source.backup(target)  # in one step: in pieces it would start again after each write by others
            target.execute("PRAGMA journal_mode=DELETE")  # a single file
            _check(target)
        _freeze(part)
    except (sqlite3.Error, SQLAlchemyError) as failure:
        raise errors.Conflict(_("The backup could not be written: %(why)s.", why=failure)) from failure


def revision_of(path: Path) -> str | None:
    with path.open("rb") as file:
        is_sqlite = file.read(len(HEADER)) == HEADER
    if not is_sqlite:
        raise errors.InvalidInput("file", _("%(path)s is not a backup of an SQLite database.", path=path))
    with _opened(path, "ro") as source:
        _check(source)
        try:
            source.execute("SELECT backed_up_at FROM bittitan_connection")
            row = source.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.Error:
            return None
    return row and row[0]


def is_empty() -> bool:
    path = _file()
    if not path.exists() or not path.stat().st_size:
        return True
    try:
        with _opened(path, "ro") as target:
            return not target.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.Error:  # broken, but not empty
        return False


def restore(path: Path, *, clears: bool) -> None:
    """In one transaction of the target. Whoever has it open sees either the old content or the new, frozen one."""
    target_path = _file()
    with private_files.temporary_beside(target_path) as part:
        with _opened(path, "ro") as source, _opened(part) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        _freeze(part)
        try:
            with _opened(part) as copy, _opened(target_path) as target:
                copy.backup(target)
        except sqlite3.DatabaseError as failure:
            raise errors.Conflict(
                _("The database could not be replaced (%(why)s). Stop web and workers and try again.", why=failure)
            ) from failure


def _freeze(path: Path) -> None:
    """Uses an engine of its own, to write through the models' types."""
    engine, now = create_engine(f"sqlite:///{path}", module=sqlite3), clock.now()
    try:
        with engine.begin() as connection:
            taken_at = connection.scalar(select(Connection.backed_up_at))
            connection.execute(update(Connection).values(freeze.values("backup", now, taken_at)))
            connection.execute(freeze.invalidate_claims())
            is_recovery = (Job.kind == JobKind.RECOVER, Job.subject_id == 0)
            if connection.scalar(select(Job.id).where(*is_recovery)) is None:
                search = {"kind": JobKind.RECOVER, "subject_id": 0, "due_at": now, "fence": 0, "failures": 0}
                connection.execute(insert(Job).values(search))
    finally:
        engine.dispose()


def _check(database: sqlite3.Connection) -> None:
    try:
        problems = database.execute("PRAGMA integrity_check(5)").fetchall()
    except sqlite3.DatabaseError as failure:
        problems = [(str(failure),)]
    if problems != [("ok",)]:
        raise errors.InvalidInput("file", _("It is damaged: %(what)s.", what=problems[0][0].splitlines()[0]))


@contextlib.contextmanager
def _opened(path: Path, mode: str = "rwc") -> Iterator[sqlite3.Connection]:
    open_ = sqlite3.connect if mode == "ro" else connect
    connection = open_(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE)
    try:
        yield connection
    finally:
        connection.close()


def _file() -> Path:
    return Path(make_url(settings().database_url).database).absolute()
