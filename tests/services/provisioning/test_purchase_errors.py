"""An unexpected exception on the way of a purchase is an error in the log and counts; it loses nothing."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core import failpoints
from portal.models import Job
from portal.services.monitoring import prometheus
from portal.services.provisioning import outcomes
from portal.worker.loop import Worker
from tests.services.provisioning.together import asset_of, bought, with_coupon

pytestmark = pytest.mark.usefixtures("app_context")


def purchase_errors(shop) -> dict[str, float]:
    lines = prometheus.exposition().decode().splitlines()
    counted = [line.split("} ") for line in lines if line.startswith("portal_purchase_errors_total{")]
    return {labels.split('"')[1]: float(value) for labels, value in counted}


def run_to_the_end(worker: Worker) -> None:
    with ThreadPoolExecutor(3) as pool:
        worker._round(pool)
        while worker._busy:
            worker._round(pool)


@pytest.mark.parametrize("point", ["begin_send: before commit", "record_outcome: before commit"])
def test_an_unexpected_exception_is_an_error_and_counted_and_each_is_bought_once(shop, sandbox, caplog, point):
    ordered = [shop.order() for _ in range(3)]
    worker, failures = Worker(shop.app), iter([AttributeError("a bug")])

    def fail(passed: str) -> None:
        if passed == point and (failure := next(failures, None)):
            raise failure

    with failpoints.listen(fail):
        run_to_the_end(worker)
    worker._beat()

    assert [shop.status(each) for each in ordered] == ["synchronized"] * 3
    assert sorted(each["reference"] for each in sandbox.control.purchases()) == sorted(
        shop.asset(each).reference for each in ordered
    )
    (error,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert error.exc_info[0] is AttributeError
    assert purchase_errors(shop) == {"shared": 1, "single": 0}


def test_a_purchase_that_cannot_be_recorded_spoils_no_others_and_is_tried_again(shop, caplog, monkeypatch):
    """A bug that strikes one of them, together as well as alone."""
    good, spoilt = bought(shop, 2)
    apply = outcomes.apply

    def broken(case, *more):
        if case.asset.id == asset_of(spoilt):
            raise AttributeError("a bug")
        return apply(case, *more)

    monkeypatch.setattr(outcomes, "apply", broken)
    worker = Worker(shop.app)
    worker._news.extend([good, spoilt])
    while worker._news:
        worker._round()
    worker._beat()

    assert [shop.status(asset_of(each)) for each in (good, spoilt)] == ["synchronized", "synchronizing"]
    assert [item.failures for item in shop.all(Job, Job.subject_id == spoilt.send.attempt_id)] == [1]
    assert purchase_errors(shop) == {"shared": 1, "single": 1}


def test_a_code_that_two_recorded_at_once_is_contention_and_no_error(shop, caplog):
    one, other = bought(shop, 2)
    worker = Worker(shop.app)
    worker._news.extend([one, with_coupon(other, code=one.outcome.coupon.code)])

    while worker._news:
        worker._round()
    worker._beat()

    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
    assert purchase_errors(shop) == {"shared": 0, "single": 0}
