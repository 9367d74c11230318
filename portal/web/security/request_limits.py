"""Limits of requests: refuses what no browser sends before a form reads it, and lets large files through where a view
takes them.
"""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from flask import Flask, abort, current_app, request

from portal.models import Right
from portal.web.security.sessions import viewer

USUAL = 1024 * 1024
"""Bytes of a request."""
MOST_FIELDS = 1000
"""Of a form. The cost of reading one grows with its fields, and Werkzeug counts them only in multipart forms."""
LONGEST_ADDRESS = 8000
"""Bytes, query included."""
FRAME = 64 * 1024
"""Bytes that a form needs besides its file."""


def takes_files(most: int, right: Right) -> Callable[[Callable], Callable]:
    """Decorator: accepts files of up to `most` bytes from staff with this right. Others keep the usual limit."""

    def decorate(view: Callable) -> Callable:
        view.takes_files = (most + FRAME, right)
        return view

    return decorate


def takes_fields(most: int, right: Right) -> Callable[[Callable], Callable]:
    """Decorator: accepts forms of up to `most` fields from people with this right. Others keep the usual limit."""

    def decorate(view: Callable) -> Callable:
        view.takes_fields = (most, right)
        return view

    return decorate


def install(app: Flask) -> None:
    # These come first: whoever reads the form (for its CSRF token, say) consumes the bytes.
    app.before_request_funcs.setdefault(None, [])[:0] = [_refuse_what_is_too_long, _make_room, _refuse_what_is_no_form]


def _refuse_what_is_too_long() -> None:
    if len(request.environ["PATH_INFO"]) + len(request.query_string) > LONGEST_ADDRESS:
        abort(414)


def _make_room() -> None:
    most, right = getattr(current_app.view_functions.get(request.endpoint), "takes_files", (None, None))
    if most is None or request.mimetype != "multipart/form-data":
        return
    person = viewer()
    if person is not None and person.is_staff and person.may(right):
        request.max_content_length = most


def _refuse_what_is_no_form() -> None:
    """Refuses bytes that are not UTF-8. Werkzeug would keep them as text such as `%ED%A0%80`, which nobody typed."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    content = request.get_data()
    if content.count(b"&") >= MOST_FIELDS and content.count(b"&") >= _most_fields():
        abort(413)
    try:
        unquote_to_bytes(content).decode()
    except UnicodeDecodeError:
        abort(400)


def _most_fields() -> int:
    most, right = getattr(current_app.view_functions.get(request.endpoint), "takes_fields", (MOST_FIELDS, None))
    person = None if right is None else viewer()
    return most if person is not None and person.may(right) else MOST_FIELDS
