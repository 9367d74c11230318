"""Every fault of the table, and worse, by the hundred: none twice, none lost, none called what it is not."""

from random import Random

import pytest

from portal.models import AttemptState
from tests.proof.faults import EVERY
from tests.proof.trials import Trials, columns
from tests.providers.raw_server import RawServer
from tests.sandbox_process import free_port
from tests.work import Work

DOORS = {
    "nobody listens": "http://127.0.0.1:{closed}",
    "no such name": "https://bittitan.invalid",
    "no TLS": "https://127.0.0.1:{sandbox}",
}
QUICK = {
    "PROVISIONING_READ_TIMEOUT": "3",
    "PROVISIONING_TOTAL_TIMEOUT": "4",
    "PROVISIONING_BREAKER_FAILURES": "1000000",
}


@pytest.mark.parametrize("kind", ["searchable", "idempotent", "blind"])
def test_a_fault_buys_nothing_twice_loses_nothing_and_is_called_what_it_is(found, seed, kind):
    with RawServer() as elsewhere:
        trials = Trials(found(kind, **QUICK), Random(seed), elsewhere.url)
        trials.run(len(EVERY), in_a_round=len(EVERY))
        assert elsewhere.requests == []
    assert len(trials.slowed) < len(EVERY) / 4
    assert set(trials.met) == {fault.name for fault in EVERY}


@pytest.mark.parametrize("door", DOORS)
def test_who_never_reaches_bittitan_has_sent_nothing_and_changed_nothing(found, beside, door):
    place = found(**QUICK)
    assets = place.world.assets(3, attempts=0)
    before = [columns(place.shop.asset(asset.id)) for asset in assets]
    elsewhere = beside(place, DOORS[door].format(closed=free_port(), sandbox=place.sandbox.port), **QUICK)
    for asset in assets:
        place.shop.save(asset.id, name="Typed", note="typed", expire_days=9)
    for seconds in (0, 61, 61, 61):
        Work(elsewhere).later(seconds)
    assert {place.shop.attempt(asset.id).state for asset in assets} == {AttemptState.NOT_SENT}
    assert [columns(place.shop.asset(asset.id)) for asset in assets] == before
    assert place.sandbox.control.journal() == []
    place.buy_what_is_missing()
    place.check_all_bought()
