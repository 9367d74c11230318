"""The rows that could not be imported, as a file that can be corrected and imported again.

It has the columns of the uploaded file, cell for cell, and one more with the reasons.
"""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from portal.core import clock
from portal.core.csv_safe import BYTE_ORDER_MARK, plain, text_of
from portal.extensions import settings
from portal.models import Import, RowResult
from portal.models.text_keys import fold
from portal.services.imports import import_run
from portal.services.imports.import_columns import REASON


def lines(file: Import) -> Iterator[bytes]:
    """Streams UTF-8 with a BOM, whatever the encoding of the original. Bytes that were not text are kept."""
    places = [place for place, head in enumerate(file.heads) if fold(head.strip()) != fold(REASON)]
    width = len(file.heads)
    yield _line(file, [*(file.heads[place] for place in places), REASON], BYTE_ORDER_MARK)
    for row in import_run.rows_with(file, RowResult.FAULTY):
        cells = json.loads(row.raw)
        own = [cells[place] if place < len(cells) else "" for place in places]
        yield _line(file, [*own, reason(row.findings), *cells[width:]])


def reason(findings: str | None) -> str:
    return " ".join(f"{column}: {why}" if column else why for column, why in json.loads(findings or "[]"))


def name_of(file: Import) -> str:
    return f"{Path(file.file_name).stem[:150] or 'import'}-rejects-{file.id}.csv"


def folder() -> Path:
    """For the command line, on this machine; readable only by its user."""
    path = settings().data_dir / "imports"
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    return path


def write(file: Import, path: Path) -> None:
    """Writes a new file that only its owner can read. Raises FileExistsError, OSError."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        for line in lines(file):
            out.write(line)


def tidy_folder(max_age: timedelta) -> None:
    """Deletes old files on this machine."""
    path = settings().data_dir / "imports"
    oldest = (clock.now() - max_age).timestamp()
    for each in path.glob("*.csv") if path.is_dir() else ():
        if each.stat().st_mtime < oldest:
            each.unlink(missing_ok=True)


def _line(file: Import, cells: list[str], mark: str = "") -> bytes:
    """Text that is already protected by an apostrophe gets no second one: importing removes only one."""
    text = text_of([[plain(cell) for cell in cells]], file.delimiter)
    return (mark + text).encode("utf-8", "surrogateescape")
