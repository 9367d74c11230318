"""Whatever people, workers, BitTitan and time do, in whatever order: see judge.py for what is always true.

A failed run tells its steps; the same `--seed` draws the same lot.
"""

import random
from collections.abc import Iterator

import pytest

from tests.services.conftest import TIMES
from tests.services.shop import Shop
from tests.settings import make_settings
from tests.stateful.judge import Judge
from tests.stateful.run import Run
from tests.work import Work

RUNS = {"searchable": 40, "idempotent": 25, "blind": 15}
ON_POSTGRESQL = 0.25
"""Of that many."""


@pytest.fixture
def settings(request, database_url, sandbox, tmp_path):
    kind = request.node.callspec.params["kind"]
    sandbox.control.configure(kind=kind)
    times = TIMES | {"BITTITAN_SERVER": kind, "PROVISIONING_RATE": "0"}
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), **times)


@pytest.fixture
def judge(app, world, sandbox) -> Iterator[Judge]:
    judge = Judge(Shop(app, world), sandbox.path)
    yield judge
    judge.close()


@pytest.mark.parametrize("kind", RUNS)
def test_nothing_that_happens_breaks_a_promise(app, world, work, sandbox, judge, seed, request, kind):
    is_slow = request.config.getoption("database") == "postgresql"
    run_all(Shop(app, world), work, sandbox, judge, seed, kind, round(RUNS[kind] * (ON_POSTGRESQL if is_slow else 1)))


def run_all(shop: Shop, work: Work, sandbox, judge: Judge, seed: int, kind: str, number: int) -> None:
    shop.connect()
    for place in range(number):
        run = Run(shop, work, sandbox, judge, random.Random(f"{seed} {kind} {place}"))
        try:
            run.run()
        except Exception as failure:
            raise AssertionError(f"run {place} of seed {seed}: {failure}\n{'; '.join(run.told)}") from failure
