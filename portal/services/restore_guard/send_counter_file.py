"""A small file outside of the database that holds how many sends this database has begun (fingerprint.py).

Beside the SQLite file, or in the data folder of each machine with PostgreSQL. Where it cannot be kept, nothing is sent:
an old copy of the database would not be noticed.
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
    """It cannot be read or written. The message says which file and why."""


class Damaged(Exception):
    """It is there, and what stands in it is no number."""


def read(instance_id: str) -> int | None:
    """None where there is none. Raises Lost also for one that could not be written: whoever reads will write."""
    path = _path(instance_id)
    try:
        with path.open("rb+") as file:
            return _number(file.read())
    except FileNotFoundError:
        return None
    except OSError as failure:
        raise _lost(path, failure) from failure


def write(instance_id: str, sends: int) -> None:
    """Never a lower number, whoever else writes. Raises Lost."""
    path = _path(instance_id)
    try:
        if not path.exists():
            _begin(path)
        with path.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _number(file.read()) < sends:
                os.pwrite(file.fileno(), _text(sends), 0)  # in one write of one width: nobody reads a half
    except OSError as failure:
        raise _lost(path, failure) from failure


def place() -> Path:
    return _folder(settings().database_url, settings().data_dir)


def check_place() -> None:
    """Before a process that sends begins. Raises Lost where the folder is not there or not ours: time mends neither."""
    folder = place()
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileNotFoundError, NotADirectoryError, PermissionError) as failure:
        raise _lost(folder, failure) from failure
    except OSError as failure:
        if not os.access(folder, os.W_OK):  # a file system that is only read
            raise _lost(folder, failure) from failure


def _begin(path: Path) -> None:
    """Under its name it is whole from the first moment, and on the disk: an empty one would say that it is damaged."""
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
