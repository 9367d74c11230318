"""A search that answers, and is wrong."""

import pytest

pytestmark = pytest.mark.sqlite


def test_a_search_that_lies_all_through_the_quarantine_is_not_believed(shop, work, sandbox, answer_lost):
    sandbox.control.fault("searchCoupons", "lie_search", times=None)
    for seconds in (15, 45, 240, 290):
        work.later(seconds)
    assert shop.attempt(answer_lost).lookup_step == 3

    sandbox.control.clear_faults()
    work.later(310)
    assert shop.status(answer_lost) == "synchronized"


def test_a_search_that_lies_once_after_the_quarantine_is_not_believed(shop, work, sandbox, answer_lost):
    work.skip(900)
    sandbox.control.fault("searchCoupons", "lie_search")
    work.drain()
    assert (shop.status(answer_lost), shop.attempt(answer_lost).absent_at is None) == ("unconfirmed", False)

    work.later(60)
    assert shop.status(answer_lost) == "synchronized"


@pytest.mark.parametrize("fields", [{"ExternalReference": "mrd-not-this-one-at-all"}, {"Id": "no id"}])
def test_a_look_up_that_is_answered_about_others_is_no_absence(shop, work, sandbox, fields):
    sandbox.control.fault("createCoupon", "drop_after")
    asset_id = shop.order()
    work.drain()
    sandbox.control.fault("searchCoupons", "lie", fields=fields)

    work.later(15)
    assert (shop.state(asset_id), shop.attempt(asset_id).lookup_step) == ("unknown", 0)
    work.later(30)
    assert shop.status(asset_id) == "synchronized"
