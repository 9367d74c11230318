"""A portal with a mail server of its own."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Asset, Order
from portal.services import ordering
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


@pytest.fixture
def buy(post, work):
    """`buy(carl)`: this person orders for the customer, and BitTitan answers."""

    def make(person) -> Asset:
        world = post.world
        with post.app.app_context():
            line = {"account_id": world.customer.id, "product_id": world.mailbox.id, "quantity": 25, "name": ""}
            order = ordering.place(key="an order", by=world.dana, **line)
            asset_id = order.lines[0].asset_id
            with transaction():
                db.session.execute(update(Order).values(placed_by_id=person.id))
        work.drain()
        return world.find(Asset, asset_id)

    return make


def with_mail(settings, **changed):
    return replace(settings, mail=replace(settings.mail, **changed))
