"""The security headers of every answer."""

from flask import Flask, Response

from portal.config import Settings
from portal.web import static_files

HTMX_CDN = "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"

POLICY_OF_MAILS = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " sandbox"
)
"""Of the page that is the HTML part of a mail, which has its styles in it."""


def install(app: Flask, settings: Settings) -> None:
    always = of_every_answer(settings)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in always.items():
            response.headers.setdefault(name, value)
        if not (static_files.is_file(response) or response.cache_control.private):
            response.headers["Cache-Control"] = "no-store"
            response.vary.add("HX-Request")
        return response


def of_every_answer(settings: Settings) -> dict[str, str]:
    """Returns the headers of every answer, including the server's own refusals (portal/serving/)."""
    headers = {
        "Content-Security-Policy": _policy(htmx_url(settings)),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def htmx_url(settings: Settings) -> str:
    return settings.htmx_url or HTMX_CDN


def _policy(htmx: str) -> str:
    """Names the one htmx file, not its host: anybody can publish scripts on that host."""
    scripts = " ".join(("'self'", *([htmx] if "//" in htmx else [])))
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
