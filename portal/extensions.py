"""The Flask extensions, not bound to an app; `create_app` binds them."""

from functools import cached_property
from types import MappingProxyType
from typing import Any

from flask import current_app
from flask_babel import Babel
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from portal.config import Settings


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Migrations:
    """What Flask-Migrate expects in the app. With Alembic it takes 11 MB, so it is imported only when used."""

    directory = "migrations"
    configure_args = MappingProxyType({"render_as_batch": True, "compare_type": True})

    def __init__(self, db: SQLAlchemy):
        self.db = db

    @cached_property
    def migrate(self) -> Any:
        from flask_migrate import Migrate

        return Migrate(db=self.db, directory=self.directory, **self.configure_args)


# Committed objects stay readable without another query. Services read again what they base a decision on
# (portal/core/transaction.py).
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()


def settings() -> Settings:
    return current_app._get_current_object().config["PORTAL"]  # called often, and the proxy is slower
