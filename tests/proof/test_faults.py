"""Every fault of the table, and worse, by the hundred: none twice, none lost, none called what it is not."""

from random import Random

import pytest

from tests.proof.faults import EVERY
from tests.proof.trials import Trials
from tests.providers.raw_server import RawServer

QUICK = {
    "PROVISIONING_READ_TIMEOUT": "3",
    "PROVISIONING_TOTAL_TIMEOUT": "4",
    "PROVISIONING_BREAKER_FAILURES": "1000000",
}


@pytest.mark.parametrize("kind, attempts", [("searchable", 300), ("idempotent", 100), ("blind", 100)])
def test_a_fault_buys_nothing_twice_loses_nothing_and_is_called_what_it_is(found, seed, kind, attempts):
    with RawServer() as elsewhere:
        trials = Trials(found(kind, **QUICK), Random(seed), elsewhere.url)
        trials.run(attempts, in_a_round=100)
        assert elsewhere.requests == []
    assert len(trials.slowed) < attempts / 4
    assert len(trials.met) == min(attempts, len(EVERY)), "each fault is met"
