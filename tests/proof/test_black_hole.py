"""A slow BitTitan does not slow reading. How fast it is, is measured in tests/torture/test_black_hole.py."""

from tests.proof import black_hole


def test_pages_are_answered_while_twenty_presses_of_every_door_hang(found):
    place = found(**black_hole.SETTINGS)
    dana, ids = black_hole.viewer(place), black_hole.twenty(place)
    with black_hole.presses_hanging(place, dana, ids):
        pages = list(black_hole.look_around(dana, ids[:5]))
        assert {page.status for page in pages} == {200}
        assert "Synchronizing…" in pages[0].badges
        assert black_hole.hanging(place) == black_hole.PRESSES
    assert place.sandbox.control.journal() == []
