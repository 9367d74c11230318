"""A small file outside the database that holds how many sends this database has begun (database_identity.py).

It is next to the SQLite file or, with PostgreSQL, in the data folder of each machine. If it cannot be written, nothing
is sent: an old copy of the database would not be detected.
"""

import contextlib
import fcntl
import os
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url

from portal.extensions import settings

_WIDTH = 20


class Lost(Exception):
    """The file cannot be read or written. The message says which file and why."""


class Damaged(Exception):
    """The file exists, but does not hold a number."""


def read(instance_id: str) -> int | None:
    """None if there is no file. Also raises Lost if the file cannot be written, as it will have to be."""
    path = _path(instance_id)
    try:
        with path.open("rb+") as file:
            return _number(file.read())
    except FileNotFoundError:
        return None
    except OSError as failure:
        raise _lost(path, failure) from failure


def write(instance_id: str, sends: int) -> None:
    """Never lowers the number, whoever else writes. Raises Lost."""
    path = _path(instance_id)
    try:
        if not path.exists():
            _begin(path)
        with path.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _number(file.read()) < sends:
                os.pwrite(file.fileno(), _text(sends), 0)  # one write of a fixed width: nobody reads half a number
    except OSError as failure:
        raise _lost(path, failure) from failure


def place() -> Path:
    return _folder(settings().database_url, settings().data_dir)


def check_place() -> None:
    """Before a sending process starts. Raises Lost if the folder is missing or not writable: waiting would not help."""
    folder = place()
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileNotFoundError, NotADirectoryError, PermissionError) as failure:
        raise _lost(folder, failure) from failure
    except OSError as failure:
        if not os.access(folder, os.W_OK):  # a read-only file system
            raise _lost(folder, failure) from failure


def _begin(path: Path) -> None:
    """The file gets its name only when it is complete and on disk: an empty one would count as damaged."""
    handle, draft = tempfile.mkstemp(prefix=".sent-", dir=path.parent)  # mode 0600
    try:
        with open(handle, "wb") as file:
            file.write(_text(0))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


def _number(content: bytes) -> int:
    if not content.strip().isdigit():
        raise Damaged()
    return int(content)


def _text(sends: int) -> bytes:
    return f"{sends:0{_WIDTH}}\n".encode()


def _lost(path: Path, failure: OSError) -> Lost:
    return Lost(f"{path} cannot be written ({failure.strerror})")


def _path(instance_id: str) -> Path:
    return place() / f"sent-{instance_id}.mark"


@cache
def _folder(database_url: str, data_dir: Path) -> Path:
    url = make_url(database_url)
    return Path(url.database).absolute().parent if url.get_backend_name() == "sqlite" else data_dir
