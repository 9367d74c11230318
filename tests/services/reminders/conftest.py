"""Reminders with the clock moved."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import Message
from portal.services.reminders import writing
from tests.settings import make_settings

ZONE = "Europe/Athens"


@pytest.fixture
def settings(database_url, sandbox, tmp_path):
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), TIME_ZONE=ZONE)


class Mornings:
    """A worker whose reminders are due again and again."""

    def __init__(self, app, move: Callable[[datetime], None]):
        self.app, self.move = app, move

    def at(self, moment: datetime) -> datetime:
        """One step then. Returns when it is due again."""
        self.move(moment)
        with self.app.app_context():
            return writing.step()

    def morning(self, day: date) -> None:
        with self.app.app_context():
            moment = writing.begins_at(day)
        due_at = self.at(moment)
        assert due_at.astimezone(self.app.config["PORTAL"].time_zone).replace(tzinfo=None) == datetime.combine(
            day + timedelta(days=1), writing.AT
        )

    def told(self) -> list[tuple]:
        """Event, asset, recipient and day of each mail."""
        with self.app.app_context():
            rows = db.session.scalars(select(Message).order_by(Message.id)).all()
            return [(row.event, row.asset_id, row.recipient, clock.day_of(row.created_at)) for row in rows]


@pytest.fixture
def mornings(app, world, monkeypatch) -> Mornings:
    return Mornings(app, lambda moment: monkeypatch.setattr(clock, "now", lambda: moment))
