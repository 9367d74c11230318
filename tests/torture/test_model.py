"""The model, deeper: one fault more for each kind of server, and a third press."""

import pytest

from tests.model.explore import explore
from tests.model.state import Setup

DEEPER = {
    "four faults, searchable": Setup(server="searchable", faults=4),
    "four faults, idempotent": Setup(server="idempotent", faults=4),
    "four faults, blind": Setup(server="blind", faults=4),
    "three attempts, searchable": Setup(server="searchable", attempts=3),
    "three attempts, idempotent": Setup(server="idempotent", attempts=3),
    "three attempts, blind": Setup(server="blind", attempts=3),
    "three workers, searchable": Setup(server="searchable", workers=3, faults=2),
    "attested by mistake": Setup(mistakes=True, lies=False),
    "attested by mistake, idempotent": Setup(server="idempotent", mistakes=True, lies=False),
    "two coupons for one request": Setup(twins=True),
    "a clock that jumps, two workers": Setup(faults=4, attempts=1, conclude_within=4, jumps=True),
    "a frozen sender, and a server that keeps to X-Not-After": Setup(
        frozen=True, honours_not_after=True, purchases_only=True
    ),
    "a frozen sender, idempotent": Setup(server="idempotent", frozen=True, purchases_only=True),
}


@pytest.mark.sqlite
@pytest.mark.parametrize("name", DEEPER)
def test_nothing_deeper_breaks_a_promise(name):
    explored = explore(DEEPER[name])
    print(f"{name}: {explored.states:,} states")
    assert explored.violation is None, str(explored.violation)
