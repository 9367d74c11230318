"""What no browser sends is refused before a form reads it; what a view expects to be large is let through to it."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from flask import Flask, abort, current_app, request

from portal.models import Right
from portal.web.sessions import reader

USUAL = 1024 * 1024
"""Bytes of a request."""
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
    app.before_request_funcs.setdefault(None, [])[:0] = [_make_room, _refuse_what_is_no_text]


def _make_room() -> None:
    most, right = getattr(current_app.view_functions.get(request.endpoint), "takes_files", (None, None))
    if most is None or request.mimetype != "multipart/form-data":
        return
    person = reader()
    if person is not None and person.is_staff and person.may(right):
        request.max_content_length = most


def _refuse_what_is_no_text() -> None:
    """Werkzeug would keep such bytes as `%ED%A0%80`, which nobody typed."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    try:
        unquote_to_bytes(request.get_data()).decode()
    except UnicodeDecodeError:
        abort(400)
