import os
import sys

from flask import Flask

from portal import (
    accounts,
    auth,
    bss,
    cli,
    config,
    database,
    display,
    extensions,
    log_lines,
    log_masks,
    storefront,
    web,
)
from portal.config import Settings
from portal.core import i18n, languages
from portal.web import templating
from portal.web.security import guards, request_limits


def create_app(settings: Settings | None = None) -> Flask:
    """Makes the app from all its parts. Without `settings` they are read from the environment."""
    log_lines.install()
    settings = settings or _load()
    log_masks.install(settings.secrets)
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.from_mapping(
        PORTAL=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(settings.database_url),
        SESSION_COOKIE_NAME=settings.cookie_name("session"),
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # it needs a Referer, which our pages tell browsers not to send
        MAX_CONTENT_LENGTH=request_limits.USUAL,
        MAX_FORM_MEMORY_SIZE=request_limits.USUAL,
    )
    app.jinja_environment = templating.Environment
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    extensions.db.init_app(app)
    app.extensions["migrate"] = extensions.Migrations(extensions.db)
    extensions.babel.init_app(app, default_locale=languages.DEFAULT_LOCALE, locale_selector=i18n.locale_now)
    extensions.csrf.init_app(app)
    extensions.login_manager.init_app(app)
    database.bind(app)
    web.install(app, settings)
    display.install(app)
    for part in (auth, bss, storefront, accounts, cli):
        part.register(app)
    guards.check_every_route(app)
    return app


def _load() -> Settings:
    try:
        settings = config.load(os.environ)
        config.check_folder(settings)
    except config.ConfigError as error:
        sys.exit(f"The portal cannot start. {error}")
    return settings
