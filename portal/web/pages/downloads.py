"""Files that are sent as downloads."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote

from flask import Response, request, stream_with_context

from portal.core import clock
from portal.core.csv_safe import BYTE_ORDER_MARK, Cells, text_of, text_of_columns
from portal.web.filters import number

Columns = Sequence[Cells]
"""Some rows, by column."""

_ALLOWED = "!#$&+-.^_`|~"
"""Signs that RFC 5987 leaves as they are."""
_LONGEST = 200


def csv_answer(lines: Iterator[str | bytes], name: str) -> Response:
    """Streams lines made by core/csv_safe.py as a download called `name`."""
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = disposition(name)
    return response


def csv_list(
    heads: Cells, read: Callable[[], Iterable[Columns]], name: str, last_line: Callable[[str], str]
) -> Response:
    """A list of any length, streamed while it is read; `read` is called after the heading was sent.

    A client must notice a truncated file. HTTP/1.1 marks the end, and an error breaks the connection before it.
    HTTP/1.0 cannot mark the end, so there `last_line` says how many rows there were; an import skips it.
    """
    is_http_1_0 = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return csv_answer(_lines(heads, read, last_line if is_http_1_0 else None), name_of_list(name, "csv"))


def name_of_list(name: str, suffix: str) -> str:
    return f"{name}-{clock.today():%Y-%m-%d}.{suffix}"


def _lines(
    heads: Cells, read: Callable[[], Iterable[Columns]], last_line: Callable[[str], str] | None
) -> Iterator[str]:
    yield BYTE_ORDER_MARK + text_of([heads])
    total = 0
    for columns in read():
        yield text_of_columns(columns)
        total += len(columns[0])
    if last_line is not None:
        yield text_of([[last_line(number(total))]])


def disposition(name: str) -> str:
    """The header that gives a download its name, in ASCII: a server can send nothing else. Browsers take the second
    name, which has the letters of any script (RFC 6266); the first one is for programs that know only ASCII."""
    name = _as_file_name(name)
    plain = re.sub(r'[^ -~]|["\\%]', "_", _without_marks(name))
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe=_ALLOWED)}"


def _as_file_name(name: str) -> str:
    """Without what no system takes in the name of a file, without direction marks (`txt.exe` could look like
    `exe.txt`), and not too long; the end, which says what it is, stays."""
    marks = (mark for mark in name if unicodedata.category(mark) not in ("Cc", "Cs", "Co", "Cn"))
    clean = re.sub(r'[/\\:*?"<>|\u202a-\u202e\u2066-\u2069]', "_", "".join(marks)).strip(" .") or "download"
    return clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 60]}{clean[-60:]}"


def _without_marks(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
