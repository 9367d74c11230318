"""The protocol as it is: whatever happens, in whatever order, it buys once, loses nothing and calls nothing failed.

All interleavings of two workers, a person, BitTitan and the clock, within three faults. What is left over is shown too.
"""

import pytest

from tests.model.explore import explore
from tests.model.state import Setup

WHOLE = {
    "searchable": Setup(server="searchable"),
    "idempotent": Setup(server="idempotent"),
    "blind": Setup(server="blind"),
}
BESIDE = {
    "attested by mistake": Setup(faults=2, mistakes=True, lies=False),
    "attested by mistake, idempotent": Setup(server="idempotent", faults=2, mistakes=True, lies=False),
    "two coupons for one request": Setup(faults=2, twins=True),
    "answers with a false code": Setup(faults=2, lies=False, false_answers=True),
    "answers with a false code, idempotent": Setup(server="idempotent", faults=2, lies=False, false_answers=True),
    "answers with a false code, blind": Setup(server="blind", faults=2, false_answers=True),
    "a clock that jumps": Setup(faults=4, attempts=1, workers=1, conclude_within=4, jumps=True),
    "a frozen sender, and a server that keeps to X-Not-After": Setup(
        faults=2, frozen=True, honours_not_after=True, purchases_only=True
    ),
    "a frozen sender, idempotent": Setup(server="idempotent", faults=1, frozen=True, purchases_only=True),
}
REMAINS = {
    "a frozen sender": Setup(frozen=True, purchases_only=True),
    "a frozen sender, blind": Setup(server="blind", frozen=True, purchases_only=True),
    "attested by mistake, blind": Setup(server="blind", mistakes=True, purchases_only=True),
}
SMALLEST = 2_000
"""States; fewer would mean that the model does not move."""


@pytest.mark.sqlite
@pytest.mark.parametrize("name", WHOLE)
def test_nothing_within_three_faults_breaks_a_promise(name):
    explored = explore(WHOLE[name])
    assert explored.violation is None, str(explored.violation)
    assert explored.states > SMALLEST


@pytest.mark.sqlite
@pytest.mark.parametrize("name", BESIDE)
def test_nothing_beside_the_usual_breaks_a_promise(name):
    explored = explore(BESIDE[name])
    assert explored.violation is None, str(explored.violation)
    assert explored.states > SMALLEST


@pytest.mark.sqlite
@pytest.mark.parametrize("name", REMAINS)
def test_the_risk_that_remains_is_the_one_that_is_told(name):
    """docs/promises.md says it plainly; were it gone, the sentence should go as well."""
    violation = explore(REMAINS[name]).violation
    assert violation is not None
    assert violation.what == "bought twice"
