"""A database that is locked for five seconds, and a worker that lives through each trouble."""

import threading
import time

import pytest

from portal.core import failpoints
from portal.worker.loop import Worker
from tests.proof import troubles
from tests.proof.processes import PATIENCE, Process
from tests.proof.test_database import TROUBLES, wait_for_a_locked_database

LOCKED_FOR = 5.0
TROUBLED_FOR = 3.0
SHORT = {"PROVISIONING_LEASE": "16", "PROVISIONING_QUARANTINE": "2", "PROVISIONING_LOOKUPS": "1,2,4,8,16,32,64"}


@pytest.mark.parametrize(
    "at", [None, "claim: after commit", failpoints.ANSWER_READ], ids=["reserve", "begin_send", "record_outcome"]
)
def test_database_locked_for_five_seconds(found, at):
    wait_for_a_locked_database(found(), at, LOCKED_FOR)


@pytest.mark.parametrize("what", TROUBLES)
@pytest.mark.parametrize("point", [None, failpoints.ANSWER_READ], ids=["send", "record"])
def test_database_trouble_under_a_living_worker(found, what, point):
    """In real time: nobody starts it anew, nobody moves what is on record."""
    place = found(PROVISIONING_TOTAL_TIMEOUT="6", PROVISIONING_READ_TIMEOUT="5", **SHORT)
    asset_id = place.shop.order()

    def work(_tell) -> None:
        trouble = troubles.of(place.app, what)

        def begin_once(reached: str | None) -> None:
            if reached == point and not begun:
                begun.append(True)
                trouble.begin()
                threading.Timer(TROUBLED_FOR, trouble.end).start()

        begun: list[bool] = []
        begin_once(None)
        with failpoints.listen(begin_once):
            Worker(place.app).run()

    with Process(place.app, work):
        deadline = time.monotonic() + PATIENCE
        while len(place.sandbox.control.purchases()) < 1 and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(TROUBLED_FOR + 1)
        while place.shop.status(asset_id) != "synchronized" and time.monotonic() < deadline:
            time.sleep(0.2)
    place.check_all_bought()
