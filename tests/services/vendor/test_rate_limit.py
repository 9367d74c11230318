"""Everybody's turn: look-ups while BitTitan is silent, and the rate over several processes."""

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from portal.core import clock, errors
from portal.providers.bittitan import client
from portal.providers.bittitan.wire import Answer
from portal.services.accounts import account_links
from portal.services.connection.service_definition import read
from tests.services.conftest import TIMES
from tests.settings import ROOT, make_env

FUTURE = datetime(2200, 1, 1, tzinfo=clock.UTC)


def _lost(shop, work, sandbox, number: int = 1) -> list[int]:
    """Requests whose answer got lost; fewer than open the breaker."""
    sandbox.control.fault("createCoupon", "drop_after", times=number, hidden_seconds=0.0)
    lost = [shop.order() for _ in range(number)]
    work.drain()
    assert not shop.connection().is_open
    return lost


def test_after_a_short_outage_the_first_answer_wakes_the_other_look_ups(shop, work, sandbox):
    first, second, third = _lost(shop, work, sandbox, 3)
    sandbox.control.fault("searchCoupons", "drop_before", times=3)
    work.later(16)
    assert {shop.status(each) for each in (first, second, third)} == {"unconfirmed"}
    assert shop.connection().lookup_failures == 3

    shop.order()  # any purchase that BitTitan answers
    work.skip(6)
    work.drain()
    assert {shop.status(each) for each in (first, second, third)} == {"synchronized"}


def test_one_answered_look_up_wakes_the_others(shop, work, sandbox):
    lost = _lost(shop, work, sandbox, 4)
    sandbox.control.fault("searchCoupons", "drop_before", times=3)
    work.later(16)
    assert {shop.status(each) for each in lost} == {"synchronized"}


def test_a_search_that_never_answers_is_asked_by_one_for_all(shop, work, sandbox):
    lost = []
    for _ in range(4):
        lost += _lost(shop, work, sandbox, 4)
        shop.order()
        work.drain()
    sandbox.control.fault("searchCoupons", "drop_before", times=None)
    work.later(16)
    asked = len(sandbox.control.used_faults())
    work.later(10)
    assert len(sandbox.control.used_faults()) == asked
    work.later(21)
    assert 1 <= len(sandbox.control.used_faults()) - asked <= 2

    sandbox.control.clear_faults()
    work.later(31)
    assert {shop.status(each) for each in lost} == {"synchronized"}


def test_look_ups_wait_while_the_breaker_is_open_and_go_when_the_probe_is_answered(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "drop_after", times=5)
    lost = [shop.order() for _ in range(5)]
    work.drain()
    assert shop.connection().is_open
    sandbox.control.fault("*", "drop_before", times=None)
    before = len(sandbox.control.used_faults())
    for _ in range(3):
        work.later(19)
    assert len(sandbox.control.used_faults()) == before
    sandbox.control.expire_tickets()
    work.later(10)
    assert [use["operation"] for use in sandbox.control.used_faults()[before:]] == ["signIn"]

    sandbox.control.clear_faults()
    work.later(61)
    assert {shop.status(each) for each in lost} == {"synchronized"}


def test_presses_that_cannot_even_look_first_open_the_breaker(shop, world, work, sandbox):
    """As after a bad Monday, when hundreds are retried while BitTitan is still away."""
    assets = world.assets(7, "failed")
    for asset in assets:
        shop.press(asset.id)
    sandbox.control.fault("*", "drop_before", times=None)
    work.drain()
    assert (shop.connection().is_open, len(sandbox.control.used_faults())) == (True, 5)
    assert {(shop.state(each.id), shop.attempt(each.id).tries) for each in assets} == {("reserved", 0)}

    sandbox.control.clear_faults()
    for seconds in (61, 3, 31):
        work.later(seconds)
    assert {shop.status(each.id) for each in assets} == {"synchronized"}
    assert (shop.connection().is_open, len(sandbox.control.purchases())) == (False, 7)


@pytest.mark.parametrize("code", ["RateLimited", "Maintenance"])
def test_a_pause_asked_of_a_look_up_is_kept_by_all(shop, work, sandbox, code):
    [lost] = _lost(shop, work, sandbox)
    sandbox.control.fault("searchCoupons", "refuse", code=code, retry_after="120")
    work.later(16)
    asset_id = shop.order()
    work.later(100)
    assert (shop.status(lost), shop.attempt(asset_id).send_number) == ("unconfirmed", 0)
    assert shop.attempt(lost).lookup_step == 0
    work.later(21)
    assert (shop.status(lost), shop.status(asset_id)) == ("synchronized", "synchronized")


def test_a_refused_sign_in_is_not_repeated_by_look_ups(shop, work, sandbox):
    lost = _lost(shop, work, sandbox, 3)
    sandbox.control.expire_tickets()
    sandbox.control.fault("signIn", "refuse", code="SignInFailed", times=None)
    before = len(sandbox.control.used_faults())
    for _ in range(5):
        work.later(61)
    assert len(sandbox.control.used_faults()) - before == 1
    assert (shop.connection().needs_person, len(shop.alerts("sign-in"))) == (True, 1)

    sandbox.control.clear_faults()
    shop.connect()
    work.drain()
    assert {shop.status(each) for each in lost} == {"synchronized"}
    assert [alert.seen_at is None for alert in shop.alerts("sign-in")] == [False]


def test_another_organisations_server_is_not_taken_at_its_word(shop, work, sandbox, world):
    """It would answer “absent”, and the asset would be bought again."""
    [lost] = _lost(shop, work, sandbox)
    world.edit(shop.connection(), organization_id="5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff")
    for seconds in (16, 60, 600, 61, 61):
        work.later(seconds)
    assert (shop.status(lost), shop.connection().cause) == ("unconfirmed", "OtherOrganization")
    assert "another BitTitan organisation" in shop.alerts("sign-in")[0].text
    assert [exchange.outcome for exchange in shop.exchanges(lost)] == ["unknown", "unanswered"]


def test_nothing_is_learnt_from_another_organisation(shop, world):
    """Neither accounts nor SKUs: they would be ordered under."""
    world.edit(shop.connection(), organization_id="5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff")
    with shop.app.app_context():
        for learn in (
            lambda: account_links.look_up_organization("bittitan@account-3.example"),
            lambda: read(by="command line"),
        ):
            with pytest.raises(errors.Unavailable) as refusal:
                learn()
            assert "another BitTitan organisation" in refusal.value.message


@pytest.mark.parametrize("column", ["held_until", "next_slot_at", "next_turn_at", "next_lookup_at"])
@pytest.mark.parametrize("server", [{"PROVISIONING_RATE": "20"}])
def test_a_clock_that_was_set_back_holds_nothing_for_years(shop, work, world, server, column):
    world.edit(shop.connection(), **{column: FUTURE, "lookup_failures": 9})
    asset_id = shop.order()
    work.drain()
    assert shop.status(asset_id) == "synchronized"


def test_the_day_of_patience_counts_from_the_first_pause(shop, work, sandbox):
    sandbox.control.fault("signIn", "drop_before", times=None)
    sandbox.control.fault("createCoupon", "drop_before", times=5)
    for _ in range(5):
        shop.order()
    waiting = shop.order()
    work.drain()
    work.later(25 * 3600)
    assert shop.status(waiting) == "synchronizing"
    sandbox.control.clear_faults()
    sandbox.control.fault("searchCoupons", "refuse", code="Maintenance", retry_after="600", times=None)
    work.later(61)
    assert shop.status(waiting) == "synchronizing"
    work.later(600)
    assert (shop.status(waiting), shop.attempt(waiting).tries) == ("synchronizing", 0)


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize(
    "text, pause",
    [
        ("120", 120), ("0", 1), ("-5", 30), ("1e9", 30), ("٣", 30), ("120, 60", 30), ("9" * 400, 600), ("", 30),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1), ("Wed, 21 Oct 9999 07:28:00 GMT", 600),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 30), ("Wed, 99 Oct 2015 07:28:00 GMT", 30),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", 30),
    ],
)  # fmt: skip
def test_retry_after_is_read_with_care(text, pause):
    assert client._pause(Answer(429, {"retry-after": text}, b"", 1)) == pause


@pytest.mark.parametrize("server", [{"PROVISIONING_RATE": "0.5"}])
def test_who_waits_for_a_turn_lines_up(shop, work, server):
    """Nobody comes back before it can be its turn, and none at the same moment as another."""
    orders = [shop.order() for _ in range(12)]
    work.drain()
    turns = sorted(shop.attempt(each).next_at for each in orders if shop.state(each) == "reserved")
    assert len(turns) >= 4
    gaps = [(later - sooner).total_seconds() for sooner, later in pairwise(turns)]
    assert min(gaps) >= 1.99


@pytest.mark.parametrize("server", [{"PROVISIONING_RATE": "8", "WORKER_THREADS": "2"}])
def test_two_worker_processes_keep_one_rate(shop, sandbox, database_url, tmp_path, server):
    orders = [shop.order() for _ in range(40)]
    env = make_env(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), **(TIMES | server))
    command = [sys.executable, "-m", "flask", "worker"]
    workers = [subprocess.Popen(command, cwd=ROOT, env=os.environ | env | {"FLASK_APP": "wsgi"}) for _ in range(2)]
    try:
        until = time.monotonic() + 60
        while len(sandbox.control.purchases()) < 28:
            assert time.monotonic() < until, "the workers do not get on"
            time.sleep(0.1)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(20)
    at = [datetime.fromisoformat(entry["at"].replace("Z", "+00:00")) for entry in sandbox.control.purchases()]
    for first, start in enumerate(at):
        for last in range(first, len(at)):
            seconds = (at[last] - start) / timedelta(seconds=1)
            most = 8 * seconds + 8 + 1 + 4  # rate × time + burst, and what four threads had on its way before
            assert last - first + 1 <= most, f"{last - first + 1} purchases in {seconds:.2f} s"
    assert len(set(orders)) == 40
