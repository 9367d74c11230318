"""Signs sessions, devices and forms with SHA-256; the libraries' default is SHA-1."""

import hashlib

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import Signer

from portal.web import static_files


class _Sessions(SecureCookieSessionInterface):
    digest_method = staticmethod(hashlib.sha256)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Skips static files. Reading the session would add `Vary: Cookie`, and browsers would fetch each file again
        after a sign-in."""
        if not static_files.is_file(response):
            super().save_session(app, session, response)


def install(app: Flask) -> None:
    Signer.default_digest_method = staticmethod(hashlib.sha256)  # Flask-WTF has no setting for its tokens
    app.session_interface = _Sessions()
