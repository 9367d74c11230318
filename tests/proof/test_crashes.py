"""Killed anywhere, by anybody: a fresh worker heals, and the sandbox's journal says what was bought.

Here each point once; all of them, by each process and on each kind of server, in tests/torture/test_crashes.py.
"""

from random import Random

import pytest

from tests.proof import crashes, cuts, kills


@pytest.mark.sqlite
@pytest.mark.parametrize("cell", crashes.each_point_once(), ids=str)
def test_who_is_killed_at_a_point_leaves_nothing_that_a_fresh_worker_cannot_heal(found, cell):
    crashes.play(cell, found())


@pytest.mark.postgresql
@pytest.mark.parametrize("point", crashes.AROUND_SENDING)
def test_who_is_killed_around_sending_leaves_nothing_that_a_fresh_worker_cannot_heal(found, point):
    crashes.play(crashes.Cell("worker", point, "begin_send"), found())


@pytest.mark.parametrize("at", ["accepted", "read", "done", "half answered"])
def test_a_worker_that_bittitan_kills_leaves_nothing_that_another_cannot_heal(found, at):
    crashes.play_killed_by_bittitan(found(), at)


def test_what_was_acknowledged_survives_kills_at_any_instruction(found, seed):
    kills.kill_again_and_again(found(), Random(seed), times=4)


def test_an_import_that_is_killed_is_taken_altogether_or_not_at_all(found, seed):
    cuts.kill_imports(found(), Random(seed), times=8)


def test_a_bulk_retry_whose_worker_is_killed_requests_each_asset_once(found, seed):
    cuts.kill_bulk_retries(found(), Random(seed), times=6)


def test_a_bulk_cancellation_whose_worker_is_killed_cancels_and_revokes_each_once(found, seed):
    cuts.kill_bulk_cancellations(found(), Random(seed), times=6)
