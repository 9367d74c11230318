"""Each reader is told who has to act, and a partner's customer nothing of the partner's affairs."""

import pytest

from portal.core import access
from portal.display.orders import order_states, order_view
from portal.models import Hold, OrderState
from portal.services.ordering.delivery import Delivery, Progress

pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("app_context")]


@pytest.mark.parametrize(
    ("state", "hold", "staff", "partner", "customer"),
    [
        ("awaiting-approval", None, "Waits for the partner", "Waits for you", "Waits for Northlight IT"),
        ("submitted", "credit", "Waits for us", "Waits for Meridian Distribution", "Being prepared"),
        ("submitted", "staff", "Waits for us", "Waits for Meridian Distribution", "Being prepared"),
        ("submitted", "start-date", "Starts later", "Starts later", "Starts later"),
        ("rejected", None, "Rejected", "Rejected", "Rejected"),
    ],
)
def test_the_words_say_who_has_to_act(world, app, state, hold, staff, partner, customer):
    order = world.order(state=OrderState(state), hold=hold and Hold(hold))
    words = []
    for person in (world.dana, world.paula, world.carl):
        with app.test_request_context():
            seen = access.visible_order(person, order.id)
            words.append(order_states.order_state(seen, person))
    assert [each.word for each in words] == [staff, partner, customer]
    assert "credit" not in words[2].reason.lower()


def test_delivery_in_words(app):
    counts = {Progress.DELIVERED: 12, Progress.FAILED: 1, Progress.ON_THE_WAY: 7}
    with app.test_request_context():
        assert order_states.delivery_words(Delivery(counts)) == "12 of 20 delivered, 1 failed, 7 on their way"


@pytest.mark.parametrize(
    ("counts", "staff", "others"),
    [
        ({Progress.DELIVERED: 2}, "Delivered", "Delivered"),
        ({Progress.DELIVERED: 1, Progress.ON_THE_WAY: 1}, "On its way", "On its way"),
        ({Progress.FAILED: 1, Progress.ON_THE_WAY: 1}, "1 failed", "On its way"),
        ({Progress.FAILED: 1, Progress.DELIVERED: 1}, "1 failed", "We are looking into it"),
        ({Progress.REVIEW: 1}, "1 needs review", "We are looking into it"),
        ({Progress.CANCELLED: 1}, "Cancelled", "Cancelled"),
    ],
)
def test_what_was_delivered_is_told_to_each_reader(world, app, counts, staff, others):
    order = world.order()
    for person, word in ((world.dana, staff), (world.paula, others), (world.carl, others)):
        with app.test_request_context():
            seen = access.visible_order(person, order.id)
            assert order_states.order_state(seen, person, Delivery(counts)).word == word


def test_a_partners_customer_sees_no_price_of_the_partners(world):
    asset = world.asset("synchronized")
    for person, sees in ((world.dana, True), (world.paula, True), (world.carl, False)):
        view = order_view.view_of(access.visible_order(person, asset.order_id), person)
        assert [(line.price is not None, line.total is not None) for line in view.lines] == [(sees, sees)]
        assert (view.total is not None) is sees
        assert (view.lines[0].cost is not None) is person.is_staff
