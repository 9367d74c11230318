"""A database that is locked, read-only, full or gone at reserve, begin_send or record_outcome.

Nothing is sent at the first two, the code is recovered after the third, and the screen says what is the matter.
"""

import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import SQLAlchemyError

from portal.core import failpoints
from portal.services.provisioning import record_outcome
from tests.proof import troubles
from tests.proof.crowd import signed_in
from tests.proof.troubles import FULL, GONE, LOCKED, READ_ONLY

TROUBLES = [READ_ONLY, FULL, GONE]
LOCKED_FOR = 1.0
"""Seconds; five in tests/torture."""
SENTENCE = "The portal’s database cannot be used at the moment"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(record_outcome, "RECORD_AGAIN", (0.0, 0.05))


@pytest.mark.parametrize("what", TROUBLES)
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_what_cannot_be_written_down_is_not_sent_and_the_screen_says_so(found, what, htmx):
    place = found()
    asset, dana = place.world.asset(), signed_in(place.app, place.world.dana.email)
    dana.htmx, dana.is_watched = htmx, False  # the manners allow no 503
    page = dana.open("bss.assets.show", asset_id=asset.id)
    with _trouble(place, what):
        answer = dana.submit(page, to="/syncs")
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert SENTENCE in answer.text
    assert "Traceback" not in answer.body
    place.work.drain()
    assert place.sandbox.control.journal() == []
    assert place.shop.attempt(asset.id).number == 1
    dana.submit(page, to="/syncs")
    place.heal()
    place.check_all_bought()


def test_a_database_that_is_gone_is_told_on_every_page(found):
    place = found()
    dana = signed_in(place.app, place.world.dana.email)
    dana.is_watched = False
    with _trouble(place, GONE):
        for endpoint in ("bss.assets.index", "bss.users.index", "accounts.index"):
            answer = dana.open(endpoint)
            assert (answer.status, "Traceback" in answer.body) == (503, False)
            assert SENTENCE in answer.text
    assert dana.open("bss.assets.index").status == 200


@pytest.mark.parametrize("what", TROUBLES)
def test_a_send_that_cannot_be_written_down_is_none(found, what):
    place = found()
    place.shop.order()
    with _trouble(place, what, at="claim: after commit"):
        _work(place)
    assert place.sandbox.control.journal() == []
    place.heal()
    place.check_all_bought()


@pytest.mark.parametrize("what", TROUBLES)
def test_a_code_that_could_not_be_recorded_is_recovered(found, what):
    place = found()
    asset_id = place.shop.order()
    with _trouble(place, what, at=failpoints.ANSWER_READ):
        _work(place)
    assert len(place.sandbox.control.purchases()) == 1
    page = signed_in(place.app, place.world.dana.email).open("bss.assets.show", asset_id=asset_id)
    assert page.badge == "Synchronizing…"
    place.heal()
    place.check_all_bought()


@pytest.mark.parametrize("what", TROUBLES)
def test_a_code_is_recorded_at_once_if_the_trouble_is_short(found, what, monkeypatch):
    place = found()
    asset_id = place.shop.order()
    trouble = troubles.of(place.app, what)
    pauses = iter([trouble.end])
    monkeypatch.setattr(record_outcome.time, "sleep", lambda _: next(pauses, lambda: None)())
    with failpoints.listen(_once(failpoints.ANSWER_READ, trouble.begin)):
        place.work.drain()
    assert place.shop.status(asset_id) == "synchronized"
    place.check_all_bought()


@pytest.mark.parametrize(
    "at", [None, "claim: after commit", failpoints.ANSWER_READ], ids=["reserve", "begin_send", "record_outcome"]
)
def test_a_database_that_is_locked_for_a_while_is_waited_for(found, at):
    wait_for_a_locked_database(found(), at, LOCKED_FOR)


def wait_for_a_locked_database(place, at: str | None, seconds: float) -> None:
    asset, dana = place.world.asset(attempts=0), signed_in(place.app, place.world.dana.email)
    page, trouble, seen = dana.open("bss.assets.show", asset_id=asset.id), troubles.of(place.app, LOCKED), []

    def lock() -> None:
        trouble.begin()
        threading.Timer(seconds, unlock).start()

    def unlock() -> None:
        seen.append(len(place.sandbox.control.journal()))
        trouble.end()

    if at is None:
        lock()
    begun = time.monotonic()
    assert dana.submit(page, to="/syncs").status == 200
    with failpoints.listen(_once(at, lock)):
        place.work.drain()
    assert time.monotonic() - begun > seconds
    assert seen == [1 if at == failpoints.ANSWER_READ else 0]
    place.heal()  # a send that had to wait for too long does not begin any more
    place.check_all_bought()


@contextmanager
def _trouble(place, what: str, at: str | None = None):
    """From the beginning of the block, or from the moment that the point is passed; to its end."""
    trouble = troubles.of(place.app, what)
    begun = []

    def begin() -> None:
        trouble.begin()
        begun.append(True)

    if at is None:
        begin()
    try:
        with failpoints.listen(_once(at, begin)):
            yield
    finally:
        if begun:
            trouble.end()
    assert begun, f"{at} was not passed"


def _once(point: str | None, act):
    acts = iter([act])

    def listener(reached: str) -> None:
        if reached == point:
            next(acts, lambda: None)()

    return listener


def _work(place) -> None:
    """A worker would note it and go on."""
    with pytest.raises(SQLAlchemyError):
        place.work.drain()
