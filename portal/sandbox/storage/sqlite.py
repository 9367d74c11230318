"""Which SQLite opens files, and how they are journalled.

Below 3.51.3 (but for 3.50.7 and 3.44.6) it can drop an acknowledged commit in WAL mode (sqlite.org/wal.html, the
“WAL-reset” bug). pysqlite3 brings one that is mended; where it has no wheel, Python's own serves: with a write-ahead
log if it is mended, too, else without one. The sandbox, which imports nothing of the rest, has a copy of this file.
"""

import random
import time
from importlib import import_module
from typing import Any

PATIENCE = 15
"""Seconds until a file is free whose log is to be put away."""


def is_mended(version: tuple[int, ...]) -> bool:
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def _best() -> Any:
    """pysqlite3-binary has the same name and is not mended."""
    try:
        found = import_module("pysqlite3.dbapi2")
        if is_mended(found.sqlite_version_info):
            return found
    except ImportError:
        pass
    return import_module("sqlite3.dbapi2")


sqlite3 = _best()
VERSION: str = sqlite3.sqlite_version
MAY_LOG = is_mended(sqlite3.sqlite_version_info)
JOURNAL = "WAL" if MAY_LOG else "DELETE"
WARNING = None if MAY_LOG else (
    f"SQLite {VERSION} can lose a commit in WAL mode, so the file is used with journal_mode=DELETE: "
    "safe, but whoever reads waits for whoever writes. With SQLite 3.51.3 or newer this ends by itself."
)  # fmt: skip


def connect(path: str, **options: Any) -> Any:
    """To write. A log that is not safe is put away first, for which nobody else may have the file open."""
    ends = time.monotonic() + PATIENCE
    while True:
        connection = sqlite3.connect(path, **options)
        try:
            if not MAY_LOG:
                connection.execute("PRAGMA journal_mode=DELETE")
            return connection
        except BaseException as failure:
            connection.close()  # who keeps it open is in the way of another who tries the same
            if not isinstance(failure, sqlite3.OperationalError) or time.monotonic() > ends:
                raise
        time.sleep(random.uniform(0.01, 0.1))
