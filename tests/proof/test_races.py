"""Two rounds of each race; a hundred in tests/torture/test_races.py."""

import pytest

from tests.proof.races import RACES, Race

ROUNDS = 2


@pytest.mark.parametrize("race", RACES)
def test_one_is_first_and_the_others_are_told(found, race):
    racing = Race(found())
    for _ in range(ROUNDS):
        getattr(racing, race)()
