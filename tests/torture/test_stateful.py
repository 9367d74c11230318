"""The stateful test, thousands of times."""

import pytest

from tests.services.shop import Shop
from tests.stateful.test_stateful import judge, run_all, settings  # noqa: F401  (fixtures)

RUNS = {"searchable": 2500, "idempotent": 1500, "blind": 1000}


@pytest.mark.parametrize("kind", RUNS)
def test_nothing_in_thousands_of_runs_breaks_a_promise(app, world, work, sandbox, judge, seed, times, kind):  # noqa: F811
    run_all(Shop(app, world), work, sandbox, judge, seed, kind, times(RUNS[kind]))
