"""Django admin over the portal's tables (models.py), as a site of its own."""

import os
import sys
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from peers import JOURNAL

URL = os.environ["DATABASE_URL"]


def _database() -> dict:
    if URL.startswith("sqlite"):
        pragmas = f"PRAGMA journal_mode={JOURNAL}; PRAGMA synchronous=FULL;"
        options = {"timeout": 15, "transaction_mode": "IMMEDIATE", "init_command": pragmas}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": URL.removeprefix("sqlite:///"), "OPTIONS": options}
    parts = urlsplit(URL)
    host = parse_qs(parts.query)["host"][0]
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": parts.path.strip("/"), "USER": parts.username, "HOST": host,
    }  # fmt: skip


settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": _database() | {"CONN_MAX_AGE": None}},
    USE_TZ=True,
    LOGGING={"version": 1, "handlers": {"log": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["log"]}},
    STATIC_URL="static/",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "peers",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)  # fmt: skip
django.setup()

from django.contrib import admin  # noqa: E402 (only once it is set up)
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls)]
application = get_wsgi_application()


def prepare() -> None:
    """Django's own tables, and somebody who may sign in."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if not User.objects.filter(username="bench").exists():
        User.objects.create_superuser("bench", "bench@bench.example", os.environ["SECRET_KEY"])


if __name__ == "__main__" and sys.argv[1:] == ["prepare"]:
    prepare()
