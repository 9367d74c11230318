"""Each point × each process that passes it × each kind of server, on both databases; and kills at any instruction."""

from random import Random

import pytest

from tests.proof import crashes, cuts, kills

EVERY_CELL = [(kind, cell) for kind in crashes.KINDS for cell in crashes.cells(kind)]
KILLS = 500
CUTS = 1000
"""More than there are statements: between any two of them."""


@pytest.mark.parametrize("kind, cell", EVERY_CELL, ids=str)
def test_crash_matrix(found, kind, cell):
    crashes.play(cell, found(kind))


@pytest.mark.parametrize("kind", crashes.KINDS)
@pytest.mark.parametrize("at", ["accepted", "read", "done", "half answered"])
def test_crash_without_cooperation(found, kind, at):
    crashes.play_killed_by_bittitan(found(kind), at)


@pytest.mark.parametrize("kind", crashes.KINDS)
def test_crash_at_any_instruction(found, seed, times, kind):
    kills.kill_again_and_again(found(kind), Random(seed), times=times(KILLS / len(crashes.KINDS)))


def test_crash_between_any_two_statements_of_an_import(found, seed, times):
    cuts.kill_imports(found(), Random(seed), times=times(CUTS))


@pytest.mark.parametrize("kind", crashes.KINDS)
def test_crash_between_any_two_statements_of_a_bulk_retry(found, seed, times, kind):
    cuts.kill_bulk_retries(found(kind), Random(seed), times=times(CUTS))


def test_crash_between_any_two_statements_of_a_bulk_cancellation(found, seed, times):
    cuts.kill_bulk_cancellations(found(), Random(seed), times=times(CUTS))
