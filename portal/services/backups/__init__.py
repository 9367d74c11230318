"""Backs up the database while it is in use, and restores it. A restored database is frozen."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from portal.core import audit, clock, errors, private_files
from portal.core.audit import Actor
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Connection, HandoverLink, SignIn, Worker
from portal.services.backups import backup_postgresql, backup_sqlite
from portal.services.jobs import task_runs
from portal.services.monitoring import health
from portal.services.restore_guard import database_identity, freeze

ALIVE = timedelta(seconds=60)


@dataclass(frozen=True)
class Restored:
    taken_at: datetime | None
    kept: Path | None
    """The file with the previous content of the database."""


def back_up(path: Path, *, by: Actor) -> int:
    """Returns the size of the new file, which only its owner can read. The file itself has to say when it was made; the
    audit row follows when it is whole. Raises InvalidInput, Conflict."""
    _check_is_new(path)
    with transaction():
        row = lock(Connection, 1)
        database_identity.assign_identity(row)
        before, row.backed_up_at = row.backed_up_at, clock.now()
        taken_at = row.backed_up_at
    try:
        size = _write(path)
    except BaseException as failure:
        _take_back(taken_at, before, failure)
        raise
    with transaction():
        task_runs.record(task_runs.BACKUP, taken_at)
        audit.record("connection", 1, "backup", by=by, field="backed_up_at", after=taken_at)
    return size


def _take_back(taken_at: datetime, before: datetime | None, failure: BaseException) -> None:
    """No backup was made, so the last one stays the one before. Another one may have begun meanwhile."""
    with transaction():
        row = lock(Connection, 1)
        if row.backed_up_at == taken_at:
            row.backed_up_at = before
        fault = failure.message if isinstance(failure, errors.DomainError) else task_runs.fault_of(failure)
        task_runs.record(task_runs.BACKUP, taken_at, fault)


def restore(path: Path, *, by: Actor, replaces: bool = False) -> Restored:
    """All or nothing. Raises NotVisible if there is no file, InvalidInput if it is not a backup of this schema,
    Conflict if the database is in use or not empty. With `replaces`, a database with content is replaced, and that
    content is kept next to the backup."""
    engine = _engine()
    revision = _revision(engine, path)
    if revision != health.head():
        raise errors.InvalidInput(
            "file",
            _(
                "The backup has the schema %(has)s, this portal needs %(needs)s. Restore it with the portal’s version "
                "that made it, then run “flask db upgrade”.",
                has=revision,
                needs=health.head(),
            ),
        )
    is_empty = engine.is_empty()
    if not replaces and not is_empty:
        raise errors.Conflict(_("The database is not empty%(use)s. Add --replace to replace it.", use=_in_use()))
    kept = None if is_empty else _keep(path)
    _let_go()
    engine.restore(path, clears=not is_empty)
    _let_go()
    return Restored(_freeze(by), kept)


def _revision(engine, path: Path) -> str:
    try:
        revision = engine.revision_of(path)
    except FileNotFoundError as failure:
        raise errors.NotVisible(_("There is no file %(path)s.", path=path)) from failure
    except OSError as failure:
        raise errors.InvalidInput(
            "file", _("%(path)s cannot be read: %(why)s.", path=path, why=failure.strerror)
        ) from failure
    if not revision:
        raise errors.InvalidInput("file", _("%(path)s is not a backup of this portal.", path=path))
    return revision


def _freeze(by: Actor) -> datetime | None:
    """People who were signed in at the time of the backup may have been signed out since, and hand-over links revoked;
    its workers are gone."""
    with transaction():
        row, now = lock(Connection, 1), clock.now()
        taken_at = row.backed_up_at
        freeze.freeze(row, "restored", now)
        row.fingerprint = database_identity.fingerprint()
        audit.record("connection", 1, "restore", by=by, field="backed_up_at", after=taken_at)
        db.session.execute(update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=now))
        is_open = (HandoverLink.revoked_at.is_(None), HandoverLink.closed_at.is_(None))
        db.session.execute(update(HandoverLink).where(*is_open).values(revoked_at=now))
        db.session.execute(Worker.__table__.delete())
    return taken_at


def _keep(path: Path) -> Path | None:
    """The replaced content may hold codes that the backup lacks."""
    kept = path.with_name(f"{path.name}.replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    try:
        _write(kept)
    except errors.DomainError:  # a broken database may be why it is restored
        return None
    return kept


def _write(path: Path) -> int:
    _let_go()
    try:
        with private_files.temporary_beside(path) as part:
            _engine().back_up(part)
            private_files.publish(part, path)
    except FileExistsError as clash:
        raise errors.InvalidInput("file", _("%(path)s has just come. Choose another name.", path=path)) from clash
    except OSError as failure:
        raise errors.Conflict(_("The backup could not be written: %(why)s.", why=failure.strerror)) from failure
    return path.stat().st_size


def _check_is_new(path: Path) -> None:
    if path.exists():
        raise errors.InvalidInput("file", _("%(path)s exists already. Choose another name.", path=path))
    if not path.parent.is_dir():
        raise errors.InvalidInput("file", _("There is no folder %(path)s.", path=path.parent))


def _engine():
    return backup_sqlite if db.engine.dialect.name == "sqlite" else backup_postgresql


def _let_go() -> None:
    """Closes all our connections, so that none is in the way."""
    db.session.remove()
    db.engine.dispose()


def _in_use() -> str:
    try:
        seen_at = db.session.scalar(select(func.max(Worker.seen_at)))
        return _(", and workers use it") if seen_at is not None and clock.now() - seen_at < ALIVE else ""
    except SQLAlchemyError:
        return ""
    finally:
        db.session.rollback()
