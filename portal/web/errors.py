"""Turns exceptions into answers, once for all views.

An error page reads only the signed-in person from the database; after an unexpected error it reads nothing.
"""

import logging
import math
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException

from portal.core.errors import BudgetSpent, DomainError, NotAllowed, NotVisible, TooMany
from portal.core.i18n import gettext as _
from portal.core.i18n import lazy, ngettext
from portal.database import is_busy, is_taken
from portal.extensions import db, login_manager
from portal.models import Role
from portal.web.filters import clock_time
from portal.web.forms import refusal_links
from portal.web.pages.fragments import in_flash, render_messages, wants_fragment
from portal.web.security.refusals import note_forgery, note_refusal
from portal.web.security.sessions import stop_user_lookups, viewer
from portal.web.urls import nearest_page

log = logging.getLogger(__name__)

_GO_BACK = lazy("Nothing was changed. Go back and try again.")
_TEXTS = {
    400: (lazy("The portal could not read that request"), _GO_BACK),
    401: (lazy("Sign in first"), lazy("Nothing was changed.")),
    403: (lazy("You may not do this"), lazy("Your role does not include it. Ask an administrator of your account.")),
    405: (lazy("That is not possible here"), _GO_BACK),
    409: (lazy("Nothing was changed"), lazy("It has changed in the meantime. Look at it again.")),
    413: (lazy("That is too much"), lazy("Nothing was changed. Send less, or a smaller file.")),
    414: (lazy("That is too much"), lazy("The address is too long. Search for less.")),
    422: (lazy("Something in it cannot be used"), _GO_BACK),
}


_DATABASE = (OperationalError, InternalError, InterfaceError, NoConnectionFree)
"""The database is locked, read-only, full or gone. SQLite and PostgreSQL report this differently. Wrong SQL is not
among them."""
_A_MINUTE = 60


def install(app: Flask) -> None:
    for kind, handler in ((DomainError, _refused), (CSRFError, _forged_or_old), (HTTPException, _http)):
        app.register_error_handler(kind, _with_viewer(handler))
    for kind in _DATABASE:
        app.register_error_handler(kind, _without_database)
    app.register_error_handler(IntegrityError, _with_viewer(_clash))
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, title: str, text: str, *, fresh_csrf: bool = False, link: tuple[str, str] | None = None):
    """Returns an error page. htmx gets the same sentence in #flash, so that the user's input is not lost.

    `link` is what to offer next: (address, text).
    """
    if wants_fragment():
        sentence = f"{title}. {text}" if text else title
        if link:
            sentence = Markup('{} <a href="{}">{}</a>').format(sentence, *link)
        return in_flash(render_messages([("negative", sentence)]), status, fresh_csrf=fresh_csrf)
    page = render_template("errors/error.html", status=status, title=title, text=text, way=link)
    return make_response(page, status)


def _with_viewer(handler: Callable) -> Callable:
    """Loads the viewer first, so that the page has the person's layout and language. Does without if the database
    fails."""

    def handle(error: Exception):
        try:
            viewer()
        except SQLAlchemyError:
            stop_user_lookups()
            db.session.rollback()
            log.warning("a session could not be read", exc_info=True)
        return handler(error)

    return handle


def try_again(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    return ngettext(
        "There were too many attempts. Try again in a minute, at %(time)s.",
        "There were too many attempts. Try again in %(num)s minutes, at %(time)s.",
        minutes,
        time=clock_time(datetime.now(UTC) + timedelta(seconds=seconds + 59)),
    )


def _refused(error: DomainError):
    note_refusal(error)
    if isinstance(error, NotVisible):
        return _not_found()
    if isinstance(error, NotAllowed):
        return answer(403, _("You may not do this"), error.message or _whom_to_ask())
    if isinstance(error, TooMany):
        response = answer(429, _("Nothing was changed"), try_again(error.seconds))
        response.headers["Retry-After"] = str(error.seconds)
        return response
    if isinstance(error, BudgetSpent):
        response = answer(429, _("You have reached a daily limit"), error.message)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    return answer(409, _("Nothing was changed"), error.message, link=refusal_links.link_of(error.link))


def _whom_to_ask() -> str:
    person = viewer()
    if person is not None and person.role is Role.ADMIN:
        return _("Your account may not do this. Ask your seller.")
    return str(_TEXTS[403][1])


def _not_found():
    return answer(
        404,
        _("There is no such page"),
        _("The address may be mistyped, or it is something that your account cannot see."),
    )


def _forged_or_old(error: CSRFError):
    """The CSRF token does not belong to the cookie's session, most often because that session has expired."""
    note_forgery()
    rule = getattr(current_app.view_functions.get(request.endpoint), "rule", None)
    if viewer() is None and rule != "public":
        return login_manager.unauthorized()
    if wants_fragment():
        return answer(
            400,
            _("You have signed in again since this page was opened"),
            _("Nothing was saved. Save again."),
            fresh_csrf=True,
        )
    back = nearest_page(request.path)
    return answer(
        400,
        _("This page was open for too long"),
        _("Nothing was saved. Load it again, then repeat what you did."),
        link=(back, _("Load it again")) if back else None,
    )


def _http(error: HTTPException):
    if error.code == 404:
        return _not_found()
    if error.code is None or error.code >= 500:
        return _unexpected(getattr(error, "original_exception", None) or error)
    if error.code < 400:
        return error
    title, text = _TEXTS.get(error.code, _TEXTS[400])
    response = answer(error.code, str(title), str(text))
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _clash(error: IntegrityError):
    """Two people did the same thing at once, and only a database constraint noticed."""
    if not is_taken(error):
        return _unexpected(error)
    log.warning("a constraint decided at %s %s", request.method, request.path, exc_info=error)
    return answer(409, _("Nothing was changed"), _("Somebody else has just done the same. Look at it again."))


def _without_database(error: SQLAlchemyError):
    """The request was valid, but the database could not carry it out."""
    stop_user_lookups()
    db.session.rollback()
    log.error("the database did not do its part at %s %s", request.method, request.path, exc_info=error)
    is_waiting = isinstance(error, DBAPIError) and is_busy(error)
    response = answer(
        503,
        _("The portal’s database is busy") if is_waiting else _("The portal’s database cannot be used at the moment"),
        _(
            "What you did was probably not saved. Look again in a minute, and repeat it if necessary. Nothing is "
            "ever bought twice."
        ),
        link=(request.path, _("Try again")) if request.method == "GET" else None,
    )
    response.headers["Retry-After"] = str(_A_MINUTE)
    return response


def _unexpected(error: Exception):
    stop_user_lookups()
    db.session.rollback()
    number = secrets.token_hex(4)
    log.error("unexpected error %s at %s %s", number, request.method, request.path, exc_info=error)
    return answer(
        500,
        _("That did not work, and it is our fault"),
        _(
            "What you did was not saved. Trying again is safe: nothing is ever bought twice. When you ask for help, "
            "give the number %(number)s.",
            number=number,
        ),
        link=(request.path, _("Try again")) if request.method == "GET" else None,
    )
