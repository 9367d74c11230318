"""Files that are streamed while they are made."""

from collections.abc import Iterator

from flask import Response, stream_with_context


def csv_answer(lines: Iterator[str | bytes], name: str) -> Response:
    """Streams lines made by core/csv_safe.py as a download called `name`."""
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
