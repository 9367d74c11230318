"""A BitTitan that takes every purchase and never answers; and people who go on working meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from portal.models import Attempt, AttemptState
from portal.services.work.worker import Worker
from tests.browser import Browser
from tests.page import Page
from tests.proof.crowd import signed_in
from tests.proof.place import Place
from tests.proof.processes import PATIENCE, Process

PRESSES = 20
FOR_EVER = 600.0
SETTINGS = {
    "WORKER_THREADS": str(PRESSES),
    "PROVISIONING_READ_TIMEOUT": "300",
    "PROVISIONING_TOTAL_TIMEOUT": "300",
    "PROVISIONING_LEASE": "400",
}


@contextmanager
def presses_hanging(place: Place, dana: Browser, ids: list[int]) -> Iterator[None]:
    """Each press is answered at once; what it started is not."""
    place.sandbox.control.fault("createCoupon", "timeout_before", times=None, seconds=FOR_EVER)
    with Process(place.app, lambda _: Worker(place.app).run()):
        for asset_id in ids:
            answer = dana.submit(dana.open("bss.assets.show", asset_id=asset_id), to="/syncs")
            assert (answer.status, answer.badge) == (200, "Synchronizing…")
        deadline = time.monotonic() + PATIENCE
        while hanging(place) < PRESSES:
            assert time.monotonic() < deadline, f"only {hanging(place)} are being sent"
            time.sleep(0.05)
        yield
    place.sandbox.control.clear_faults()


def twenty(place: Place) -> list[int]:
    """The ids of as many failed assets."""
    return [asset.id for asset in place.world.assets(PRESSES, attempts=0)]


def hanging(place: Place) -> int:
    return len(place.shop.all(Attempt, Attempt.state == AttemptState.SENDING))


def look_around(dana: Browser, ids: list[int]) -> Iterator[Page]:
    """The list and the pages of those assets."""
    for asset_id in ids:
        yield dana.open("bss.assets.index")
        yield dana.open("bss.assets.show", asset_id=asset_id)


def reader(place: Place) -> Browser:
    return signed_in(place.app, place.world.dana.email)
