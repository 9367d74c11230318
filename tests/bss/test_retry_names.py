"""Retries are named by what they are about."""

import pytest

from tests.bss.test_retries import pick

pytestmark = pytest.mark.sqlite


@pytest.fixture
def dana(browse):
    return browse("dana")


def test_ticked_assets_give_the_cause_that_they_have_in_common(world, dana):
    refused = [world.asset(attempt={"cause": "CreditLimitExceeded"}) for _ in range(2)]
    assert pick(dana, *refused).h1 == "Retry of 2 assets: Credit limit exceeded"
    assert pick(dana, *refused, world.asset(attempt={"cause": "Forbidden"})).h1 == "Retry of 3 assets"
    assert "Retry of 2 assets: Credit limit exceeded" in " ".join(dana.open("bss.retries.index").rows)


def test_a_list_of_one_cause_gives_its_cause(world, dana):
    world.asset(attempt={"cause": "Forbidden"})
    page = dana.open("bss.assets.index", status="failed", lifecycle="active", cause="Forbidden")
    assert dana.press(page, "All failed assets of this list (1)").h1 == "Retry of 1 asset: Not permitted"


def test_a_repetition_is_named_by_why_it_failed_again(world, dana):
    earlier = world.retry("done", [world.asset(attempt={"cause": "ValidationFailed"})])
    page = dana.press(dana.open("bss.retries.show", retry_id=earlier.id), "Retry the ones that failed (1)")
    assert page.h1 == "Retry of 1 asset: The request did not pass its checks"
