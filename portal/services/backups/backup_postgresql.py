"""PostgreSQL: uses its own pg_dump and pg_restore, which must be on PATH and not older than the server."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from portal import log_masks
from portal.core import errors, private_files
from portal.core.i18n import gettext as _
from portal.extensions import db, settings

LOCK_TIMEOUT = "15s"
_PLAIN = ("--no-owner", "--no-privileges")


def back_up(part: Path) -> None:
    with _address(part) as address:
        _run("pg_dump", "--format=custom", *_PLAIN, "--file", str(part), "--dbname", address)
    _run("pg_restore", "--file", os.devnull, str(part))  # reads every byte of it


def revision_of(path: Path) -> str | None:
    with path.open("rb") as file:
        if file.read(5) != b"PGDMP":
            raise errors.InvalidInput("file", _("%(path)s is not a backup of a PostgreSQL database.", path=path))
    _path_of("pg_restore")
    try:
        _run("pg_restore", "--file", os.devnull, str(path))  # reads every byte of it
        rows = _run("pg_restore", "--data-only", "--table=alembic_version", "--file", "-", str(path))
    except errors.Conflict as refusal:
        raise errors.InvalidInput("file", _("It is damaged. %(why)s", why=refusal.message)) from refusal
    match = re.search(r"^COPY .*alembic_version.*\n(\S+)$", rows, re.MULTILINE)
    return match and match.group(1)


def is_empty() -> bool:
    tables = text("SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
    try:
        return not db.session.scalar(tables)
    finally:
        db.session.rollback()


def restore(path: Path, *, clears: bool) -> None:
    """In one transaction. The tables are new, so each process notices before it sends (database_identity.py)."""
    clean = ("--clean", "--if-exists") if clears else ()
    with _address(path) as address:
        _run("pg_restore", "--single-transaction", "--exit-on-error", *clean, *_PLAIN, "--dbname", address, str(path))


def _run(tool: str, *arguments: str) -> str:
    result = subprocess.run([_path_of(tool), *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        message = " ".join(log_masks.masked(result.stderr).split())[:400]
        raise errors.Conflict(_("%(tool)s did not succeed, nothing was changed: %(said)s", tool=tool, said=message))
    return result.stdout


def _path_of(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        raise errors.Conflict(
            _("%(tool)s is not on PATH. Install PostgreSQL’s client programs in the server’s version.", tool=tool)
        )
    output = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)", output.replace("PostgreSQL", ""))
    has, needs = int(version.group(1)) if version else 0, _server_version()
    if has < needs:
        raise errors.Conflict(
            _(
                "%(tool)s on PATH is of version %(has)s, the server of version %(needs)s. Put the server’s own first "
                "on PATH.",
                tool=tool,
                has=has,
                needs=needs,
            )
        )
    return path


def _server_version() -> int:
    try:
        return int(db.session.scalar(text("SHOW server_version_num"))) // 10_000
    finally:
        db.session.rollback()
        db.engine.dispose()


@contextmanager
def _address(near: Path) -> Iterator[str]:
    """The connection string for PostgreSQL's tools. The password is passed in a private file, as arguments are visible
    to the whole machine."""
    url = make_url(settings().database_url)
    options = {"options": f"-clock_timeout={LOCK_TIMEOUT}", "connect_timeout": "10"} | dict(url.query)
    with private_files.temporary_beside(near) as passfile:
        if url.password:
            escaped = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
            passfile.write_text(f"*:*:*:*:{escaped}\n")
            options["passfile"] = str(passfile)
        yield url.set(drivername="postgresql", password=None, query=options).render_as_string(False)
