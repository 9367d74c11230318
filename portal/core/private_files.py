"""Files that hold codes: readable only by their owner, and written completely or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """An empty file with mode 0600 in the same folder. Deleted at the end, with any files that SQLite puts next
    to it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{part}{suffix}").unlink(missing_ok=True)


def publish(part: Path, path: Path) -> None:
    """Gives the file its final name, synced to disk. Raises FileExistsError instead of replacing an existing file."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    os.link(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
