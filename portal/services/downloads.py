"""Downloads that are on record because they hold codes: as done once they were sent, and not before."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from portal.core import audit
from portal.core.transaction import transaction
from portal.models import User

Line = TypeVar("Line")
BROKEN_OFF = "broken_off"


def on_record(
    lines: Iterator[Line], *, done: Callable[[], None], subject: str, subject_id: int, by: User
) -> Iterator[Line]:
    """The lines of a file, the first of which is its heading. Calls `done` after the last one. A download that broke
    off after rows were sent is recorded as such, as codes may have left the house; one that failed earlier is not."""
    sent = 0
    try:
        for line in lines:
            sent += 1
            yield line
    except BaseException:
        if sent > 1:
            _note(subject, subject_id, sent - 1, by)
        raise
    done()


def _note(subject: str, subject_id: int, rows: int, by: User) -> None:
    with transaction():
        audit.record(subject, subject_id, BROKEN_OFF, by=by, after=f"{rows} rows sent")
