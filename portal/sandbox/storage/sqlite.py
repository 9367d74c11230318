"""Chooses the SQLite library and its journal mode.

SQLite before 3.51.3 (except 3.50.7 and 3.44.6) can lose an acknowledged commit in WAL mode (sqlite.org/wal.html, the
“WAL-reset” bug). pysqlite3 has a fixed version. Where it has no wheel, Python's own SQLite is used, with a write-ahead
log only if it is fixed too. The sandbox, which imports nothing of the rest, has a copy of this file.
"""

import random
import time
from importlib import import_module
from typing import Any

PATIENCE = 15
"""Seconds to wait until nobody else has the file open, to remove its write-ahead log."""


def is_mended(version: tuple[int, ...]) -> bool:
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def _best() -> Any:
    """Returns pysqlite3 if it is fixed (pysqlite3-binary has the same name and is not), else Python's own module."""
    try:
        module = import_module("pysqlite3.dbapi2")
        if is_mended(module.sqlite_version_info):
            return module
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
    """Opens a file for writing. First removes an unsafe write-ahead log; nobody else may have the file open then."""
    ends = time.monotonic() + PATIENCE
    while True:
        connection = sqlite3.connect(path, **options)
        try:
            if not MAY_LOG:
                connection.execute("PRAGMA journal_mode=DELETE")
            return connection
        except BaseException as failure:
            connection.close()  # an open connection would block another process that tries the same
            if not isinstance(failure, sqlite3.OperationalError) or time.monotonic() > ends:
                raise
        time.sleep(random.uniform(0.01, 0.1))
