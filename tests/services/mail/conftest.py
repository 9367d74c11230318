"""A portal with a mail server of its own."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.apps import opened
from tests.mail_server import MailServer, mail_server
from tests.services.mail.post import Post
from tests.settings import make_settings


@pytest.fixture
def served() -> Iterator[tuple[MailServer, str]]:
    with mail_server() as found:
        yield found


@pytest.fixture
def server(served) -> MailServer:
    return served[0]


@pytest.fixture
def settings(database_url, sandbox, tmp_path, served):
    mail = {
        "SMTP_URL": served[1], "SMTP_TIMEOUT": "1", "MAIL_FROM": "Meridian <licences@meridian.example>",
        "PORTAL_URL": "https://portal.example",
    }  # fmt: skip
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), **mail)


@pytest.fixture
def post(app, world) -> Post:
    return Post(app, world)


@pytest.fixture
def without_server(database_url, sandbox, tmp_path) -> Iterator:
    """The same portal, before a mail server was set."""
    with opened(make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port))) as app:
        yield app


def with_mail(settings, **changed):
    return replace(settings, mail=replace(settings.mail, **changed))
