"""Reminders with the clock moved."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.extensions import db
from portal.models import Message, Reminder, ReminderKind
from portal.services.reminders import writing
from tests.settings import make_settings

ZONE = "Europe/Athens"


@pytest.fixture
def settings(database_url, sandbox, tmp_path):
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), TIME_ZONE=ZONE)


_WORDS = {ReminderKind.DUE: "reminder", ReminderKind.ENDS: "ending"}


@dataclass(frozen=True)
class Mail:
    event: str
    recipient: str
    day: date
    subject: str
    text: str
    named: list[int]
    """The assets to which its text leads."""
    about: list[int]
    """Those whose reminders it is."""


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
        """Kind, asset, recipient and day of each reminder that has a mail, in the order of the mails."""
        rows = select(Reminder, Message).join(Message).order_by(Message.id, Reminder.day, Reminder.asset_id)
        with self.app.app_context():
            return [
                (_WORDS[row.kind], row.asset_id, mail.recipient, clock.day_of(mail.created_at))
                for row, mail in db.session.execute(rows)
            ]

    def mails(self) -> list[Mail]:
        with self.app.app_context():
            rows = db.session.execute(select(Reminder.message_id, Reminder.asset_id)).all()
            return [
                Mail(
                    row.event, row.recipient, clock.day_of(row.created_at), row.subject, row.text,
                    sorted(map(int, re.findall(r"/assets/(\d+)$", row.text, re.MULTILINE))),
                    sorted(asset_id for message_id, asset_id in rows if message_id == row.id),
                )
                for row in db.session.scalars(select(Message).order_by(Message.id))
            ]  # fmt: skip


@pytest.fixture
def mornings(app, world, monkeypatch) -> Mornings:
    return Mornings(app, lambda moment: monkeypatch.setattr(clock, "now", lambda: moment))
