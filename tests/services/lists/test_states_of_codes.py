"""What became of a code, as a filter."""

import pytest

from portal.services import lists
from portal.services.lists import exports
from portal.services.lists.list_filters import Filters, Redeem

SOURCES = ("id", "coupon_id", "coupon_status", "redeemed_at", "is_verified", "redeem_by")


@pytest.mark.parametrize("redeem, number", [(Redeem.READY, 1), (Redeem.REDEEMED, 0), (Redeem.LAPSED, 0)])
def test_a_fresh_code_is_ready_and_nothing_else(world, app_context, redeem, number):
    world.asset("synchronized")
    world.asset("failed")
    query = lists.Query(Filters(redeem=redeem))
    counts = lists.count(world.paula, query.filters)
    assert counts.total == len(lists.page(world.paula, query, counts).rows) == number
    batches = exports.batches(lists.plan(world.paula, query, counts), SOURCES)
    assert sum(len(rows) for rows in batches) == number
