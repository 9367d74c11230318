"""A worker that is killed while it sends: no code is mailed twice, and none is lost save as unknown."""

import pytest

from portal.core.failpoints import AFTER_COMMIT, BEFORE_COMMIT, MAIL_UNITS
from portal.models import MessageState
from portal.services.mail.events import WELCOME
from tests.proof.processes import killed_at

POINTS = [f"{unit}: {when}" for unit in MAIL_UNITS for when in (BEFORE_COMMIT, AFTER_COMMIT)]
SENT_NOTHING = POINTS[:3]
"""The mail was claimed, or the server has accepted its recipient: nobody has begun to send it."""
RECORDED = POINTS[5]


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_mails_no_code_twice_and_loses_none(post, server, point):
    post.write(WELCOME)
    killed_at(post.app, point, post.step)
    post.later(minutes=5)
    post.later(minutes=5)

    expected = MessageState.SENT if point in [*SENT_NOTHING, RECORDED] else MessageState.UNKNOWN
    has_it = point != "mail begin: after commit"
    assert (post.one().state, len(server.taken)) == (expected, int(has_it))
