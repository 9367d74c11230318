"""Files that are handed out while they are made."""

from collections.abc import Iterator

from flask import Response, stream_with_context


def csv_answer(lines: Iterator[str | bytes], name: str) -> Response:
    """Lines of core/csv_safe.py."""
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
