"""From the browser's cookie to the person, and back. The cookie names a session and nothing else."""

import ipaddress
import logging
import re

from flask import Flask, Response, after_this_request, flash, g, has_request_context, request, session
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict

from portal.extensions import db, login_manager, settings
from portal.models import User
from portal.services.users import form_drafts, limits, sign_in, tokens
from portal.services.users.devices import Device
from portal.web.pages.polling import is_poll

log = logging.getLogger(__name__)

DEVICE_COOKIE = "device"
_A_YEAR = 365 * 86400
_WITH_PORT = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::[0-9]+)?")
_TOKEN = "_user_id"  # where Flask-Login keeps what User.get_id() says


def install(app: Flask) -> None:
    login_manager.session_protection = None  # the token is the proof; an address that changes is no reason to doubt it
    login_manager.user_loader(_load)
    app.after_request(_note_use)


def viewer() -> User | None:
    """The person who asks; None for everybody else. For what asks about the person again and again: `current_user` is
    a stand-in that looks for the request at each attribute."""
    if not has_request_context():
        return None
    person = current_user._get_current_object()
    return person if person.is_authenticated else None


def ask_no_more() -> None:
    """After something unexpected: whoever is known by now stays known, and nobody is looked up any more."""
    g.is_down = True
    g._login_user = g.get("person") or login_manager.anonymous_user()  # where Flask-Login keeps whom it has loaded


def earlier_person() -> User | None:
    """Whose session this browser had, though it is over."""
    if viewer() is not None:
        return None
    found = g.get("visit")
    return found.user if found is not None and found.user.is_active else None


def is_fresh() -> bool:
    """The password was given a short while ago, in this session."""
    found = g.get("visit")
    return found is not None and found.is_fresh


def shows_too_many() -> bool:
    """Counts a code that is to be shown in this session."""
    return not limits.admit_reveal(tokens.digest(token()))


def start(user: User, token: str) -> None:
    """A new session under a new token; what was in the old one is gone."""
    if session.get(_TOKEN):
        sign_in.sign_out(session[_TOKEN])
    _forget()
    user.session_token = token
    login_user(user)
    for kept_by_flask_login in ("_fresh", "_id"):
        session.pop(kept_by_flask_login, None)
    _recognise_device(user)


def token() -> str:
    """Of this session."""
    return session[_TOKEN]


def go_on(user: User, token: str) -> None:
    """The same session under a new token. The forms of all open pages stay good."""
    session[_TOKEN] = user.session_token = token
    g.pop("visit", None)


def end() -> None:
    if session.get(_TOKEN):
        sign_in.sign_out(session[_TOKEN])
    logout_user()
    _forget()


def client_address() -> str:
    """One IPv6 subscriber has 2^64 addresses: they count as one. Some proxies name the port as well."""
    told = request.remote_addr or ""
    found = _WITH_PORT.fullmatch(told)
    try:
        address = ipaddress.ip_address(found[1] or found[2] if found else told)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def device() -> Device | None:
    """What this browser says of itself, if the portal wrote it. Whose it is, and whether it still is, services know."""
    try:
        known = _signer().loads(request.cookies.get(settings().cookie_name(DEVICE_COOKIE), ""))
        return Device(known["mark"], known["at"])
    except (BadSignature, KeyError, TypeError):
        return None


def draft_for(path: str) -> MultiDict | None:
    """What this person had typed in the form at `path` when the sign-in ran out. It is handed out in one request."""
    token, person = request.args.get("draft"), viewer()
    if not token or person is None or path != request.path:
        return None
    if "draft" not in g:
        g.draft = form_drafts.take(person, token, path)
        if g.draft is not None:
            flash(_("You are signed in again. This is what you had typed; it is not saved yet."), "caution")
    return MultiDict(g.draft) if g.draft is not None else None


def _load(token: str) -> User | None:
    found = g.visit = sign_in.visit(token)
    if found is None or not found.is_alive:
        return None
    found.user.session_token = token
    g.connection, g.person = found.connection, found.user
    g.seller = found.user.account.parent  # held, so that an account that is read anew finds its parent without a query
    return found.user


def _note_use(response: Response) -> Response:
    """Polling is no use. That a session could not be prolonged is no reason to withhold the answer."""
    found = g.get("visit")
    if found is None or not found.is_alive or not found.is_due or is_poll() or g.get("is_down"):
        return response
    try:
        sign_in.note_use(found)
    except SQLAlchemyError:
        db.session.rollback()
        log.warning("the use of a session could not be noted", exc_info=True)
    return response


def _forget() -> None:
    session.clear()
    g.pop("csrf_token", None)  # Flask-WTF's, of the session that has just ended
    g.pop("visit", None)


def _recognise_device(user: User) -> None:
    device = Device.of(user)
    value = _signer().dumps({"mark": device.mark, "at": device.signed_in_at})

    @after_this_request
    def set_cookie(response: Response) -> Response:
        name, secure = settings().cookie_name(DEVICE_COOKIE), settings().secure_cookies
        response.set_cookie(name, value, max_age=_A_YEAR, httponly=True, samesite="Lax", secure=secure)
        return response


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="portal.device")
