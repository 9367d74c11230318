"""When a page looks again, and when it looks no more."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.web.pages import polling
from tests.web.polls import known, leave_out, look, seconds

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


def test_the_rule_grows_with_the_time_since_something_moved():
    waits = [polling.interval(age) for age in range(0, 1000, 5)]
    assert waits == sorted(waits)
    assert (waits[0], waits[12], waits[-1]) == (2, 10, 60)
    assert polling.interval(0, 15) == 15
    assert polling.interval(600, 15) == 60


def test_a_page_that_sees_nothing_new_looks_more_and_more_seldom(world, dana):
    retry = world.retry("running", world.assets(2))
    page, waits = dana.open("bss.retries.show", retry_id=retry.id), []
    for _time in range(25):
        waits.append(seconds(page))
        page = dana.poll(page)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1] > 8) == (2, True)
    leave_out(world, retry, 1)
    assert seconds(dana.poll(page)) == 2


def test_a_page_that_was_opened_long_ago_looks_no_more(world, dana):
    page = dana.open("bss.index")
    _opened, unchanged, digests = known(page).split(".")
    before, after = (dana.look(page, state=f"{age}.{unchanged}.{digests}") for age in (7199, 7200))
    assert look(before)
    assert after.soup.select("[hx-trigger]") == []
    assert "no longer updated automatically" in after.text
    assert after.links["Reload"] == "/bss/"


def test_a_wait_that_is_known_counts_from_there(world, dana):
    asset = world.asset("unconfirmed", attempt={"requested_at": datetime.now(UTC) - timedelta(minutes=2)})
    page = dana.open("bss.assets.show", asset_id=asset.id)
    assert seconds(page) == 20
    assert seconds(dana.poll(page)) == 20
