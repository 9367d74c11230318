"""Signing in and out, passwords, also forgotten ones, one-time links, links that hand a licence over or show a
calendar."""

from flask import Blueprint, Flask

from portal.auth import confirm, forgotten, language, link, password, session_expired, sign_in
from portal.auth.public import calendar, handover, stop

bp = Blueprint("auth", __name__)
sign_in.add_to(bp)
bp.register_blueprint(password.bp)
bp.register_blueprint(forgotten.bp)
bp.register_blueprint(link.bp)
bp.register_blueprint(language.bp)
bp.register_blueprint(handover.bp)
bp.register_blueprint(calendar.bp)
bp.register_blueprint(stop.bp)


def register(app: Flask) -> None:
    app.register_blueprint(bp)
    session_expired.install()
    confirm.install()
