"""A hundred rounds of each race."""

import pytest

from tests.proof.races import RACES, Race

ROUNDS = 100
IN_A_WORLD = 20


@pytest.mark.parametrize("race", RACES)
def test_concurrency(found, times, race):
    rounds = times(ROUNDS)
    for done in range(0, rounds, IN_A_WORLD):
        racing = Race(found())
        for _ in range(min(IN_A_WORLD, rounds - done)):
            getattr(racing, race)()
