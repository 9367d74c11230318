"""Ten thousand faulty attempts, over all kinds of servers."""

from random import Random

import pytest

from tests.proof.crashes import KINDS
from tests.proof.test_faults import QUICK
from tests.proof.trials import Trials
from tests.providers.raw_server import RawServer

ATTEMPTS = {"searchable": 6000, "idempotent": 2000, "blind": 2000}
IN_A_WORLD = 400
"""What is on record is moved in time again and again: that takes the longer the more there is."""


@pytest.mark.parametrize("kind", KINDS)
def test_fault_matrix(found, seed, times, kind):
    attempts = times(ATTEMPTS[kind])
    for world in range(0, attempts, IN_A_WORLD):
        with RawServer() as elsewhere:
            trials = Trials(found(kind, **QUICK), Random(f"{seed}-{kind}-{world}"), elsewhere.url)
            trials.run(min(IN_A_WORLD, attempts - world), in_a_round=100)
            assert elsewhere.requests == []
        assert len(trials.slowed) < IN_A_WORLD / 4
