"""Many at once: no more PINs are tried than allowed, and one form makes one link."""

import uuid
from concurrent.futures import ThreadPoolExecutor

from portal.core import access
from portal.models import HandoverLink, Throttle
from portal.services.handovers import making, opening
from tests.handovers import made, wrong


def test_many_guesses_at_once_are_no_more_than_five(app, world, monkeypatch):
    link = made(world, world.asset("synchronized"))
    compared, matches = [], opening.passwords.matches
    monkeypatch.setattr(opening.passwords, "matches", lambda *given: compared.append(given) or matches(*given))

    def guess(turn: int):
        with app.app_context():
            return opening.open_link(link.token, wrong(link.pin), address=f"10.0.3.{turn}")

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(guess, range(12))) == [None] * 12
    assert len([known for known, _pin in compared if known]) == opening.MOST_WRONG
    assert world.find(HandoverLink, link.link.id).closed_at is not None


def test_two_presses_at_the_same_moment_make_one_link(app, world, monkeypatch):
    asset, key = world.asset("synchronized"), str(uuid.uuid4())
    monkeypatch.setattr(making, "_is_used", lambda key: False)  # as if neither had seen the other
    with app.app_context():
        found = access.visible_asset(world.carl, asset.id)
        links = [making.make(found, key=key, days=7, note="", by=world.carl) for _ in range(2)]
    assert [link is None for link in links] == [False, True]
    assert world.find(Throttle, f"limit/revealed codes/person/{world.carl.id}").hits == 1
