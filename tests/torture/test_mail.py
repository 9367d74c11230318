"""Workers that are killed while they send, again and again: no code is mailed twice, none is lost save as unknown."""

import random

from portal.core.failpoints import AFTER_COMMIT, BEFORE_COMMIT, MAIL_UNITS
from portal.models import MessageState
from portal.services.mail.events import WELCOME
from tests.proof.processes import killed_at
from tests.services.mail.conftest import post, served, server, settings  # noqa: F401

POINTS = [f"{unit}: {when}" for unit in MAIL_UNITS for when in (BEFORE_COMMIT, AFTER_COMMIT)]


def test_killed_workers_mail_no_code_twice_and_lose_none(post, server, times, seed):  # noqa: F811
    lot = random.Random(seed)
    for _ in range(times(500)):
        post.write(WELCOME)
        killed_at(post.app, lot.choice(POINTS), post.step)
    while any(row.state in (MessageState.WAITING, MessageState.SENDING) for row in post.all()):
        post.later(minutes=5)

    ids = [mail["Message-ID"] for _, mail in server.taken]
    messages = post.all()
    assert len(ids) == len(set(ids))
    missing = {row.message_id: row.state for row in messages if row.message_id not in ids}
    assert set(missing.values()) <= {MessageState.UNKNOWN}
    assert {row.state for row in messages} <= {MessageState.SENT, MessageState.UNKNOWN}
