"""Workers that are killed while they send, to a server that does what it likes: no code comes twice, and none is lost
save as unknown."""

import random
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest

from portal.core import failpoints
from portal.core.failpoints import AFTER_COMMIT, BEFORE_COMMIT, MAIL_UNITS
from portal.models import MessageState
from portal.services.mail.events import WELCOME
from portal.services.mail.outbox import Recipient
from tests.mail_server import MailServer
from tests.proof.processes import Process, dies_at
from tests.services.mail.conftest import post, served, server, settings  # noqa: F401

POINTS = [f"{unit}: {when}" for unit in MAIL_UNITS for when in (BEFORE_COMMIT, AFTER_COMMIT)]
"""Queued; connected, its recipient accepted; the text is about to go out; answered, and not recorded."""
PLACES = ("MAIL", "RCPT", "TEXT")
"""Connected; and after the text, while the server has not answered."""
MOODS = (
    {}, {}, {}, {}, {"MAIL": "451 not now"}, {"RCPT": "450 mailbox busy"}, {"TEXT": "451 try later"},
    {"TEXT": MailServer.DROP}, {"TEXT": MailServer.HANG},
)  # fmt: skip
UNWANTED = (0, 0, 0, 0, 1, 2)
"""How many of two recipients it wants nothing, or no text."""
WAITING = 6
"""More are written when there are fewer."""


def test_killed_workers_mail_no_code_twice_and_lose_none(post, server, times, seed, measured):  # noqa: F811
    lot, kills = random.Random(seed), Counter()
    while kills.total() < times(500):
        if sum(not row.is_settled for row in post.all()) < WAITING:
            both = write_to_two(post)
            server.refuses.update(both[: lot.choice(UNWANTED)])
            server.spurns.update(both[: lot.choice(UNWANTED)])
        if lot.random() < 0.3:
            post.age(timedelta(minutes=20))  # what was put off is due again, and was tried before
        with in_mood(server, lot.choice(MOODS)):
            kills.update(killed(post, server, lot.choice([*POINTS, *PLACES])))
    while any(row.state in (MessageState.WAITING, MessageState.SENDING) for row in post.all()):
        post.later(minutes=20)

    messages = post.all()
    kept = Counter(mail["Message-ID"] for _, mail in server.kept)
    assert set(kept.values()) == {1}
    for row in messages:
        if row.state is not MessageState.UNKNOWN:
            assert (row.message_id in kept) == (row.state is MessageState.SENT), (row.id, row.state)
        assert row.state is not MessageState.REFUSED or row.recipient in server.refused
    states = Counter(row.state for row in messages)
    assert states.keys() <= {MessageState.SENT, MessageState.UNKNOWN, MessageState.REFUSED}
    delivered = sum(row.message_id in kept for row in messages if row.state is MessageState.UNKNOWN)
    told = ", ".join(f"{number} {state.value}" for state, number in states.items())
    measured(
        f"{kills.total()} kills, {len(messages)} mails with a code: {told}; {delivered} of the unknown had arrived"
    )


def write_to_two(post) -> list[str]:  # noqa: F811
    asset = post.world.asset("synchronized")
    both = [f"{name}{asset.id}@brightwood.example" for name in ("carl", "cora")]
    for address in both:
        post.write(WELCOME, Recipient(address, "Carl", "en"), asset=asset)
    return both


@contextmanager
def in_mood(server: MailServer, answers: dict):  # noqa: F811
    server.answers = answers
    yield
    server.answers, server.lingers_at = {}, None


def killed(post, server: MailServer, at: str) -> list[str]:  # noqa: F811
    """Where it was killed: nowhere, if it did not come so far."""
    server.reached.clear()
    server.lingers_at = at if at in PLACES else None

    def work(_tell) -> None:
        with failpoints.listen(dies_at(at)):
            post.step()

    with Process(post.app, work) as process:
        if at in PLACES and server.reached.wait(5):
            process.kill()
        return [at] if process.wait() < 0 else []


@pytest.mark.sqlite
def test_every_place_and_mood_is_reached(post, server, seed):  # noqa: F811
    """Or the long test would prove less than it says."""
    for at in [*POINTS, *PLACES]:
        post.write(WELCOME, asset=post.world.asset("synchronized"))
        with in_mood(server, {}):
            assert killed(post, server, at) == [at]
