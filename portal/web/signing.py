"""What the portal signs (sessions, devices, forms) is signed with SHA-256; the libraries would take SHA-1."""

import hashlib

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import Signer


class _Sessions(SecureCookieSessionInterface):
    digest_method = staticmethod(hashlib.sha256)


def install(app: Flask) -> None:
    Signer.default_digest_method = staticmethod(hashlib.sha256)  # Flask-WTF has no setting for its tokens
    app.session_interface = _Sessions()
