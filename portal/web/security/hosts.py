"""To which names the portal answers, and whom it believes about the client.

Links are made with the name by which a request came: were any name taken, whoever sends one could have a one-time link
made that leads to a machine of his.
"""

import re
from collections.abc import Callable, Iterable

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import Settings
from portal.web.security import headers

ANYHOW = ("/healthz", "/readyz")
"""Load balancers ask by address; there are no links in it, and nothing that is secret."""
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
    """`trusted`: names as TRUSTED_HOSTS has them. One with a port is for that port, one that begins with a point for
    all below it."""
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
