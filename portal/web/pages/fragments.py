"""One URL, two answers: the whole page, or the block of it that htmx asked for."""

import json

from flask import Response, current_app, get_flashed_messages, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from portal.web.pages.polling import is_poll


def wants_fragment() -> bool:
    headers = request.headers
    return "HX-Request" in headers and "HX-Boosted" not in headers and "HX-History-Restore-Request" not in headers


def render_page(template: str, *, block: str, **context) -> str:
    """The page, or only `block` (followed by what there is to say in #flash) for htmx."""
    if not wants_fragment():
        return render_template(template, **context)
    return render_block(template, block, **context) + _aside()


def render_partial(template: str, **context) -> str:
    """A `_partial.html` of its own, as an answer to htmx."""
    return render_template(template, **context) + _aside()


def render_block(template: str, block: str, **context) -> str:
    current_app.update_template_context(context)
    page = current_app.jinja_env.get_template(template)
    return "".join(page.blocks[block](page.new_context(context)))


def _aside() -> str:
    """Out of band: the sentence where sentences stand; with a poll what is known of BitTitan, as the bar has it."""
    shows_signal = is_poll() and current_user.is_authenticated and current_user.is_staff
    return _flash() + (render_template("layouts/_signal.html", out_of_band=True) if shows_signal else "")


def _flash() -> str:
    messages = get_flashed_messages(with_categories=True)
    return render_template("_flash.html", messages=messages, out_of_band=True) if messages else ""


def render_messages(messages: list[tuple[str, str]]) -> str:
    """Pairs of (category, sentence), as they stand inside of #flash."""
    return render_template("_messages.html", messages=messages)


def in_flash(html: str, status: int, *, fresh_csrf: bool = False) -> Response:
    """An answer that goes where sentences stand, whatever htmx asked for: what was typed stays on the page.

    `fresh_csrf` gives the forms of the page a token of the session that has just begun (static/js/portal.js).
    """
    response = make_response(html, status)
    response.headers["HX-Retarget"] = "#flash"
    response.headers["HX-Reswap"] = "innerHTML"
    response.headers["HX-Reselect"] = "unset"
    if fresh_csrf:
        response.headers["HX-Trigger"] = json.dumps({"portal:csrf": {"token": generate_csrf()}})
    return response
