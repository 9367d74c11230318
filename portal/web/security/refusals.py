"""Tells the security log where a request comes from: its id, which every answer names, its address and endpoint."""

import re
import secrets

from flask import Flask, Response, request, request_started

from portal.core import security_log
from portal.core.errors import BudgetSpent, DomainError, NotAllowed, NotVisible, OtherArea, TooMany
from portal.extensions import settings
from portal.models import Event, Result
from portal.web.security.sessions import client_address, viewer

HEADER = "X-Request-Id"
_PLAIN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_REFUSALS = {OtherArea: Event.OTHER_AREA, NotVisible: Event.NOT_VISIBLE, NotAllowed: Event.NO_RIGHT}


def install(app: Flask) -> None:
    request_started.connect(_begin, app)
    app.after_request(_name)
    app.teardown_request(lambda _error: security_log.flush())


def note_refusal(error: DomainError) -> None:
    if isinstance(error, TooMany | BudgetSpent):
        security_log.note(Event.LIMIT, Result.THROTTLED, by=viewer())
        return
    event = _REFUSALS.get(type(error))
    if event is not None:
        security_log.note(event, Result.REFUSED, by=viewer())


def note_forgery() -> None:
    security_log.note(Event.FORGED, Result.REFUSED, by=viewer())


def _begin(_app: Flask, **_: object) -> None:
    """Runs before everything else, even if the request matches no route."""
    security_log.begin(
        security_log.Origin(
            address=(request.remote_addr or "unknown")[:64],
            source=client_address(),
            request_id=_number(),
            method=request.method if request.method in _METHODS else "other",
            route=(request.endpoint or "none")[:120],
        )
    )


def _number() -> str:
    """Takes the id from a trusted proxy. Anybody else could use it to imitate another request."""
    proxy_id = request.headers.get(HEADER, "")
    if settings().trusted_proxies and _PLAIN.fullmatch(proxy_id):
        return proxy_id
    return secrets.token_hex(8)


def _name(response: Response) -> Response:
    number = security_log.request_id()
    if number is not None:
        response.headers[HEADER] = number
    return response
