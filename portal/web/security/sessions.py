"""Finds the person by the browser's cookie, and starts and ends sessions. The cookie holds a session token only."""

import ipaddress
import logging
import re

from flask import Flask, Response, after_this_request, flash, g, has_request_context, request, session
from flask_login import current_user, login_user, logout_user
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict

from portal.core import tokens
from portal.core.i18n import gettext as _
from portal.extensions import db, login_manager, settings
from portal.models import User
from portal.services import limits, vendor_settings
from portal.services.users import form_drafts, sign_in
from portal.services.users.devices import Device
from portal.web.pages.polling import is_poll

log = logging.getLogger(__name__)

DEVICE_COOKIE = "device"
_A_YEAR = 365 * 86400
_WITH_PORT = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::[0-9]+)?")
_TOKEN = "_user_id"  # where Flask-Login keeps the result of User.get_id()


def install(app: Flask) -> None:
    login_manager.session_protection = None  # the token is proof enough; a changed address is no reason to doubt it
    login_manager.user_loader(_load)
    app.after_request(_note_use)


def viewer() -> User | None:
    """Returns the signed-in person, or None. Faster than `current_user`, a proxy that looks up the request at each
    attribute."""
    if not has_request_context():
        return None
    person = current_user._get_current_object()
    return person if person.is_authenticated else None


def stop_user_lookups() -> None:
    """After an unexpected error: keeps the person that was loaded, if any, and loads nobody else from the database."""
    g.is_down = True
    g._login_user = g.get("person") or login_manager.anonymous_user()  # where Flask-Login keeps the loaded user


def previous_user() -> User | None:
    """Returns the person whose session has expired in this browser, or None."""
    if viewer() is not None:
        return None
    visit = g.get("visit")
    return visit.user if visit is not None and visit.user.is_active else None


def is_fresh() -> bool:
    """Whether the password was entered recently in this session."""
    visit = g.get("visit")
    return visit is not None and visit.is_fresh


def shows_too_many() -> bool:
    """Counts one more revealed code; returns whether this session has revealed too many."""
    return not limits.admit_reveal(tokens.digest(token()))


def start(user: User, token: str) -> None:
    """Starts a new session under a new token and drops everything of the old one."""
    if session.get(_TOKEN):
        sign_in.sign_out(session[_TOKEN])
    _forget()
    user.session_token = token
    login_user(user)
    for kept_by_flask_login in ("_fresh", "_id"):
        session.pop(kept_by_flask_login, None)
    _recognise_device(user)


def token() -> str:
    """Returns the token of this session."""
    return session[_TOKEN]


def go_on(user: User, token: str) -> None:
    """Continues the session under a new token. The forms of all open pages stay valid."""
    session[_TOKEN] = user.session_token = token
    g.pop("visit", None)


def end() -> None:
    if session.get(_TOKEN):
        sign_in.sign_out(session[_TOKEN])
    logout_user()
    _forget()


def client_address() -> str:
    """Returns the IPv4 address or the IPv6 /64 network: one IPv6 subscriber has 2^64 addresses. Drops a port, which
    some proxies add. Returns "unknown" for anything else."""
    remote = request.remote_addr or ""
    match = _WITH_PORT.fullmatch(remote)
    try:
        address = ipaddress.ip_address(match[1] or match[2] if match else remote)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def device() -> Device | None:
    """Returns the device of the signed cookie, or None. The services check whose it is and whether it is valid."""
    try:
        values = _signer().loads(request.cookies.get(settings().cookie_name(DEVICE_COOKIE), ""))
        return Device(values["mark"], values["at"])
    except (BadSignature, KeyError, TypeError):
        return None


def draft_for(path: str) -> MultiDict | None:
    """Returns what this person had typed in the form at `path` when the session expired, or None. A draft is taken out
    once and serves this one request."""
    token, person = request.args.get("draft"), viewer()
    if not token or person is None or path != request.path:
        return None
    if "draft" not in g:
        g.draft = form_drafts.take(person, token, path)
        if g.draft is not None:
            flash(_("You are signed in again. This is what you had typed; it is not saved yet."), "caution")
    return MultiDict(g.draft) if g.draft is not None else None


def _load(token: str) -> User | None:
    visit = g.visit = sign_in.visit(token)
    if visit is None or not visit.is_alive:
        return None
    visit.user.session_token = token
    g.connection, g.person = visit.connection, visit.user
    if visit.connection is not None:
        vendor_settings.notice(visit.connection)
    g.seller = (
        visit.user.account.parent
    )  # keeps it in the identity map: a reloaded account needs no query for its parent
    return visit.user


def _note_use(response: Response) -> Response:
    """Prolongs the session, except for polls. The answer is sent even if this fails."""
    visit = g.get("visit")
    if visit is None or not visit.is_alive or not visit.is_due or is_poll() or g.get("is_down"):
        return response
    try:
        sign_in.note_use(visit)
    except SQLAlchemyError:
        db.session.rollback()
        log.warning("the use of a session could not be noted", exc_info=True)
    return response


def _forget() -> None:
    session.clear()
    g.pop("csrf_token", None)  # where Flask-WTF keeps the token of the session that has just ended
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
