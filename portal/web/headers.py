"""What every answer carries."""

from urllib.parse import urlsplit

from flask import Flask, Response, request


def install(app: Flask, htmx_url: str) -> None:
    cdn = "{0.scheme}://{0.netloc}".format(urlsplit(htmx_url)) if "//" in htmx_url else ""
    policy = (
        f"default-src 'self'; script-src 'self' {cdn}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if app.config["SESSION_COOKIE_SECURE"]:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
            response.vary.add("HX-Request")
        return response
