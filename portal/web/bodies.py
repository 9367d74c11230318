"""What no browser sends is refused before a form reads it."""

from urllib.parse import unquote_to_bytes

from flask import Flask, abort, request


def install(app: Flask) -> None:
    # Before all others: who reads the form (for its CSRF token, say) uses the bytes up.
    app.before_request_funcs.setdefault(None, []).insert(0, _refuse_what_is_no_text)


def _refuse_what_is_no_text() -> None:
    """Werkzeug would keep such bytes as `%ED%A0%80`, which nobody typed."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    try:
        unquote_to_bytes(request.get_data()).decode()
    except UnicodeDecodeError:
        abort(400)
