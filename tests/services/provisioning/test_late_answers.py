"""Answers that come when nobody counts on them any more, lost senders, and killed processes."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.services.conftest import TIMES
from tests.settings import ROOT, make_env

LATE = 7.5
"""Seconds after which the slow answers of these tests come, unless they are released before: `sending` does."""


def test_a_lease_that_ran_out_is_unknown_and_never_failed(shop, work, sandbox, sending):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", "late", seconds=LATE)
    with sending(asset_id):
        work.later(59)
        assert shop.state(asset_id) == "sending"
        work.later(2)
        assert (shop.status(asset_id), shop.state(asset_id)) == ("unconfirmed", "unknown")
        assert shop.attempt(asset_id).cause == "SenderLost"


@pytest.mark.parametrize("waits, state", [((61,), "unknown"), ((61, 601, 61), "not_executed")])
def test_a_late_coupon_is_taken_whatever_was_concluded(shop, work, sandbox, sending, waits, state):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", "late", seconds=LATE)
    with sending(asset_id):
        for wait in waits:
            work.later(wait)
        assert shop.state(asset_id) == state

    (purchase,) = sandbox.control.purchases()
    assert (shop.status(asset_id), shop.code(asset_id)) == ("synchronized", purchase["code"])


@pytest.mark.parametrize("server", [{"BITTITAN_SERVER": "blind"}])
def test_a_late_coupon_of_a_blind_server_ends_the_review(shop, work, sandbox, sending, server):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", "late", seconds=LATE)
    with sending(asset_id):
        work.later(61)
        assert shop.status(asset_id) == "review"
    assert shop.code(asset_id) == sandbox.control.purchases()[0]["code"]


def test_a_late_coupon_after_an_attestation_and_a_cancellation_is_surplus(shop, work, sandbox, sending):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", "late", seconds=LATE)
    with sending(asset_id):
        work.later(61)
        work.later(601)
        work.later(61)
        assert shop.status(asset_id) == "failed"
        shop.cancel(asset_id)
    assert (shop.standings(asset_id), shop.code(asset_id)) == (["surplus"], None)
    assert len(shop.alerts("surplus")) == 1


def test_a_late_coupon_beyond_the_recorded_one_is_surplus(shop, work, sandbox, sending):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", "late", seconds=LATE)
    with sending(asset_id):
        for wait in (61, 601, 61):
            work.later(wait)
        shop.press(asset_id)
        work.drain()
        assert shop.status(asset_id) == "synchronized"
        first = shop.code(asset_id)
    assert len(sandbox.control.purchases()) == 2  # what the server did so much later came after the quarantine
    assert shop.code(asset_id) == first
    assert sorted(shop.standings(asset_id)) == ["recorded", "surplus"]


def test_a_late_coupon_that_a_look_up_recorded_already_changes_nothing(shop, work, sandbox, sending):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", "timeout_after", seconds=LATE)
    with sending(asset_id):
        work.later(61)
        work.later(60)
        assert shop.status(asset_id) == "synchronized"
        version = shop.asset(asset_id).version
    assert shop.asset(asset_id).version == version
    assert (shop.standings(asset_id), len(sandbox.control.purchases())) == (["recorded"], 1)


@pytest.mark.parametrize("code", ["CreditLimitExceeded", "RateLimited", "InternalError"])
def test_a_late_no_counts_only_for_the_send_that_it_answers(shop, work, sandbox, sending, code):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", "refuse", code=code)
    sandbox.control.configure(delay_ms=int(1000 * LATE))
    with sending(asset_id):
        work.skip(61)
        sandbox.control.configure(delay_ms=0)
        work.drain()
        assert shop.state(asset_id) == "unknown"
    assert (shop.status(asset_id), shop.state(asset_id)) == ("unconfirmed", "unknown")
    assert shop.attempt(asset_id).cause == "SenderLost"


@pytest.mark.parametrize("fault", ["timeout_after", "late"])
def test_a_worker_killed_in_the_middle_buys_once_and_loses_nothing(shop, work, sandbox, database_url, tmp_path, fault):
    asset_id = shop.order()
    sandbox.control.fault("createCoupon", fault, seconds=20.0 if fault == "timeout_after" else 1.0)
    worker = _start_worker(database_url, tmp_path, sandbox)
    try:
        _until(sandbox.control.used_faults)  # it has arrived, and is answered a moment later: no look at anything else
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert shop.state(asset_id) == "sending"
    _until(lambda: sandbox.control.purchases())

    work.later(61)
    work.later(60)

    (purchase,) = sandbox.control.purchases()
    assert (shop.status(asset_id), shop.code(asset_id)) == ("synchronized", purchase["code"])


def test_a_step_whose_worker_was_killed_before_it_began_is_done_by_another(shop, work, sandbox):
    from portal.services import jobs as queue

    asset_id = shop.order()
    with shop.app.app_context():
        assert len(queue.claim(5)) == 1
    assert work.drain() == 0
    work.later(61)
    assert shop.status(asset_id) == "synchronized"


def test_a_worker_whose_claim_went_to_another_finishes_nothing(shop, work, sandbox):
    from portal.services import jobs as queue

    asset_id = shop.order()
    with shop.app.app_context():
        (lost,) = queue.claim(1)
        sandbox.control.fault("createCoupon", "drop_after")
    work.later(61)
    assert shop.state(asset_id) == "unknown"
    with shop.app.app_context():
        queue.finish(lost, None)
    work.later(15)
    assert shop.status(asset_id) == "synchronized"


def _start_worker(database_url, tmp_path, sandbox) -> subprocess.Popen:
    env = os.environ | make_env(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), **TIMES)
    env |= {"PROVISIONING_READ_TIMEOUT": "30", "PROVISIONING_TOTAL_TIMEOUT": "40", "WORKER_THREADS": "2"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _until(happened, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
