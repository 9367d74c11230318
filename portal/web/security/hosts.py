"""Which host names the portal answers to, and which proxies it believes.

The portal builds links with the request's host name. If it accepted any name, an attacker could make it send a one-time
link that leads to the attacker's machine.
"""

import re
from collections.abc import Callable, Iterable

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import Settings
from portal.web.security import headers

ANYHOW = ("/healthz", "/readyz")
"""Answered under any name: load balancers call these by IP address, and they contain no links and no secrets."""
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253}?)\.?(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_SENTENCE = (
    b"The portal does not answer to this name. "
    b"Whoever runs it: TRUSTED_HOSTS names the hosts under which people open it.\n"
)


def install(app: Flask, settings: Settings) -> None:
    app.wsgi_app = _refusing_others(app.wsgi_app, settings)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)


def is_trusted(host: str, trusted: Iterable[str]) -> bool:
    """`trusted` holds names as in TRUSTED_HOSTS. A name with a port is valid for that port only; a name that begins
    with a dot is valid for all its subdomains."""
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return False
    name, port = found["name"], found["port"]
    return any(
        name.endswith(each) if each.startswith(".") else each in (name, f"{name}:{port}" if port else name)
        for each in trusted
    )


def _refusing_others(app: Callable, settings: Settings) -> Callable:
    answer_headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(_SENTENCE))),
        ("Cache-Control", "no-store"),
        *headers.of_every_answer(settings).items(),
    ]

    def answer(environ: dict, start_response: Callable) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if environ.get("PATH_INFO") in ANYHOW or is_trusted(host, settings.trusted_hosts):
            return app(environ, start_response)
        start_response("400 Bad Request", answer_headers)
        return [_SENTENCE]

    return answer
