"""Files that hold codes: for their owner alone, whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def beside(path: Path) -> Iterator[Path]:
    """An empty file with mode 0600 in the same folder, gone at the end together with what SQLite puts next to it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{part}{suffix}").unlink(missing_ok=True)


def publish(part: Path, path: Path) -> None:
    """Under its own name, on the disk, and never over a file that has come meanwhile (FileExistsError)."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    os.link(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
