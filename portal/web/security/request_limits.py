"""What no browser sends is refused before a form reads it; what a view expects to be large is let through to it."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from flask import Flask, abort, current_app, request

from portal.models import Right
from portal.web.security.sessions import viewer

USUAL = 1024 * 1024
"""Bytes of a request."""
MOST_FIELDS = 1000
"""Of a form. What it costs to read one goes by its fields, and werkzeug counts them only where they come in parts."""
LONGEST_ADDRESS = 8000
"""Bytes, query included."""
FRAME = 64 * 1024
"""What a form needs around its file."""


def takes_files(most: int, right: Right) -> Callable[[Callable], Callable]:
    """Files of up to `most` bytes, from people with this right; from everybody else no more than usual."""

    def decorate(view: Callable) -> Callable:
        view.takes_files = (most + FRAME, right)
        return view

    return decorate


def install(app: Flask) -> None:
    # Before all others: who reads the form (for its CSRF token, say) uses the bytes up.
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
    """Werkzeug would keep bytes that are no text as `%ED%A0%80`, which nobody typed."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    content = request.get_data()
    if content.count(b"&") >= MOST_FIELDS:
        abort(413)
    try:
        unquote_to_bytes(content).decode()
    except UnicodeDecodeError:
        abort(400)
