"""One URL, two answers: the whole page, or only the block that htmx asked for."""

import json

from flask import Response, current_app, get_flashed_messages, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from portal.web.pages.polling import is_poll


def wants_fragment() -> bool:
    headers = request.headers
    return "HX-Request" in headers and "HX-Boosted" not in headers and "HX-History-Restore-Request" not in headers


def render_page(template: str, *, block: str, **context) -> str:
    """Returns the page; for htmx only `block`, followed by new messages for #flash."""
    if not wants_fragment():
        return render_template(template, **context)
    return render_block(template, block, **context) + _aside()


def render_partial(template: str, **context) -> str:
    """Returns a `_partial.html` as an answer to htmx."""
    return render_template(template, **context) + _aside()


def render_block(template: str, block: str, **context) -> str:
    current_app.update_template_context(context)
    page = current_app.jinja_env.get_template(template)
    return "".join(page.blocks[block](page.new_context(context)))


def _aside() -> str:
    """Returns out-of-band parts: new messages for #flash, and for polls by staff the BitTitan signal of the top bar."""
    shows_signal = is_poll() and current_user.is_authenticated and current_user.is_staff
    return _flash() + (render_template("layouts/_signal.html", out_of_band=True) if shows_signal else "")


def _flash() -> str:
    messages = get_flashed_messages(with_categories=True)
    return render_template("_flash.html", messages=messages, out_of_band=True) if messages else ""


def render_messages(messages: list[tuple[str, str]]) -> str:
    """Renders pairs of (category, sentence) as the content of #flash."""
    return render_template("_messages.html", messages=messages)


def in_flash(html: str, status: int, *, fresh_csrf: bool = False) -> Response:
    """Returns an answer that htmx puts into #flash, whatever its target was: the user's input stays on the page.

    `fresh_csrf` gives the forms of the page a CSRF token of the new session (static/js/portal.js).
    """
    response = make_response(html, status)
    response.headers["HX-Retarget"] = "#flash"
    response.headers["HX-Reswap"] = "innerHTML"
    response.headers["HX-Reselect"] = "unset"
    if fresh_csrf:
        response.headers["HX-Trigger"] = json.dumps({"portal:csrf": {"token": generate_csrf()}})
    return response
