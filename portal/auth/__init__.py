"""Signing in and out, passwords, one-time links."""

from flask import Blueprint, Flask

from portal.auth import confirm, link, password, session_expired, sign_in

bp = Blueprint("auth", __name__)
sign_in.add_to(bp)
bp.register_blueprint(password.bp)
bp.register_blueprint(link.bp)


def register(app: Flask) -> None:
    app.register_blueprint(bp)
    session_expired.install()
    confirm.install()
