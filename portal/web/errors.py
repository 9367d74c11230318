"""From "no" to an answer, once for all views. Error pages do not query."""

import logging
import secrets

from flask import Flask, get_flashed_messages, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from portal.extensions import db
from portal.services.errors import DomainError, NotAllowed, NotVisible
from portal.web.fragments import wants_fragment

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(CSRFError, _too_old)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, title: str, text: str, **context):
    """An error page; for htmx the same sentence in #flash, so that nothing that was typed is lost."""
    if wants_fragment():
        get_flashed_messages()
        response = make_response(
            render_template("_flash.html", messages=[("negative", f"{title}. {text}" if text else title)]), status
        )
        response.headers["HX-Retarget"] = "#flash"
        response.headers["HX-Reswap"] = "outerHTML"
        return response
    return make_response(
        render_template("errors/error.html", status=status, title=title, text=text, **context), status
    )


def _refused(error: DomainError):
    if isinstance(error, NotVisible):
        return _not_found()
    if isinstance(error, NotAllowed):
        return answer(403, _("You may not do this"), error.message)
    return answer(409, _("Nothing was changed"), error.message, link=error.link)


def _not_found():
    return answer(
        404,
        _("There is no such page"),
        _("The address may be mistyped, or it is something that your account cannot see."),
    )


def _too_old(error: CSRFError):
    return answer(400, _("This page was open for too long"), _("Nothing was saved. Load it again, then repeat."))


_TEXTS = {
    400: ("That request made no sense", "Nothing was changed. Go back and try again."),
    403: ("You may not do this", "Your role does not include it."),
    405: ("That is not possible here", "Nothing was changed. Go back and try again."),
    413: ("That is too much at once", "Nothing was changed. Send less, or a smaller file."),
}


def _http(error: HTTPException):
    if error.code == 404:
        return _not_found()
    if error.code is not None and error.code < 400:
        return error
    title, text = _TEXTS.get(error.code, _TEXTS[400])
    response = answer(error.code or 400, _(title), _(text))
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _unexpected(error: Exception):
    db.session.rollback()
    number = secrets.token_hex(4)
    log.exception("unexpected error %s at %s %s", number, request.method, request.path)
    return answer(
        500,
        _("That did not work, and it is our fault"),
        _(
            "What you were doing was not saved. If it was about buying: nothing is ever bought twice, so trying again "
            "is safe. When you ask for help, name %(number)s.",
            number=number,
        ),
    )
