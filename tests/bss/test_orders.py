"""Sales > Orders > one order: executed, ended, annotated, retried."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.extensions import db
from portal.models import Account, Hold, InvoiceTiming, Order, OrderState, Retry
from tests.bss import ordered
from tests.page import words

pytestmark = pytest.mark.sqlite  # what is saved is proved on both in tests/services: once is enough
EXECUTE = "Execute: buy 2 coupons, 35 licences"


@pytest.fixture
def dana(browse):
    return browse("dana")


def order_of(world, order_id: int) -> Order:
    return world.find(Order, order_id)


def shown(browser, order_id: int):
    return browser.open("bss.orders.show", order_id=order_id)


def test_staff_see_the_order_and_execute_it(dana, world):
    order_id = ordered.submitted(world, po_number="4500-1", note="Before Friday")
    page = shown(dana, order_id)
    assert page.h1 == f"ORD-{order_id}"
    for said in (
        "Waits for us",
        "Not executed automatically",
        "4500-1",
        "Before Friday",
        "€416.50",
        world.partner.name,
        "Reception",
    ):
        assert said in page.text, said
    done = dana.submit(page, EXECUTE, invoice_timing="at-once", start_on="2020-02-29")
    assert done.flash == "Executed. BitTitan is being asked for 2 coupons."
    order = order_of(world, order_id)
    assert (order.state, order.invoice_timing, str(order.start_on)) == (
        OrderState.EXECUTED, InvoiceTiming.AT_ONCE, "2020-02-29",
    )  # fmt: skip
    assert "0 of 2 delivered, 2 on their way" in done.text


def test_enter_buys_nothing(dana, world):
    order_id = ordered.submitted(world)
    page = shown(dana, order_id)
    for form in page.soup.select("form[action*='executions'], form[action*='endings']"):
        first = form.select("button")[0]
        assert (first["name"], first["value"]) == ("act", "check")
        fields = {field["name"]: field.get("value", "") for field in form.select("input") if field.get("name")}
        for act in ({}, {"act": "check"}, {"act": "anything"}):
            dana.raw("POST", form["action"], data=fields | {"reason": "Why", "invoice_timing": "next-run"} | act)
    assert order_of(world, order_id).state is OrderState.SUBMITTED


def test_an_order_that_is_not_invoiced_needs_a_reason(dana, world):
    page = shown(dana, ordered.submitted(world))
    asked = dana.submit(page, EXECUTE, invoice_timing="never")
    assert (asked.status, asked.errors) == (422, ["Say why this order is not invoiced."])
    done = dana.submit(asked, EXECUTE, invoice_reason="A gift")
    assert done.status == 200
    assert "A gift" in done.text


def test_a_later_start_date_makes_it_wait(dana, world):
    order_id = ordered.submitted(world)
    with world.app.test_request_context():
        later = (clock.today() + timedelta(days=3)).isoformat()
    done = dana.submit(shown(dana, order_id), EXECUTE, start_on=later)
    assert done.flash == "It will be executed on its start date. Nothing was bought yet."
    assert order_of(world, order_id).hold is Hold.START_DATE
    assert "Starts later" in done.text


def test_executing_it_before_its_start_date_keeps_what_was_decided(dana, world):
    order_id = ordered.submitted(world)
    with world.app.test_request_context():
        later = (clock.today() + timedelta(days=3)).isoformat()
    decided = {"invoice_timing": "never", "invoice_reason": "A gift"}
    waits = dana.submit(shown(dana, order_id), EXECUTE, start_on=later, **decided)
    assert "It is executed by itself on" in waits.text
    dana.submit(waits, EXECUTE)
    order = order_of(world, order_id)
    assert (order.state, order.invoice_timing.value, order.invoice_reason) == (OrderState.EXECUTED, "never", "A gift")


@pytest.mark.parametrize("start", ["2999-01-01", "31 Feb", "0000-00-00"])
def test_a_start_date_that_cannot_be_meant(dana, world, start):
    order_id = ordered.submitted(world)
    page = dana.submit(shown(dana, order_id), EXECUTE, start_on=start)
    assert page.status == 422
    assert page.errors
    assert order_of(world, order_id).state is OrderState.SUBMITTED


def test_over_the_limit_a_reason_is_asked_for(dana, world):
    world.edit(world.find(Account, world.partner.id), credit_limit=10_000)
    order_id = ordered.submitted(world)
    page = shown(dana, order_id)
    assert "Over the credit limit by €316.50" in page.text
    asked = dana.submit(page, EXECUTE)
    assert (asked.status, asked.errors) == (422, ["Say why this order may go over the credit limit."])
    done = dana.submit(asked, EXECUTE, over_limit_reason="They pay on Wednesday")
    assert order_of(world, order_id).state is OrderState.EXECUTED
    assert "They pay on Wednesday" in done.text


def test_a_stale_page_executes_nothing(dana, world):
    order_id = ordered.submitted(world)
    page = shown(dana, order_id)
    dana.submit(shown(dana, order_id), "Save the note", staff_note="Call them first")
    stale = dana.submit(page, EXECUTE)
    assert stale.status == 409
    assert "Call them first" in stale.text
    assert order_of(world, order_id).state is OrderState.SUBMITTED


@pytest.mark.parametrize("end, state", [("reject", OrderState.REJECTED), ("cancel", OrderState.CANCELLED)])
def test_an_order_is_ended_with_a_reason(dana, world, end, state):
    order_id = ordered.submitted(world)
    asked = dana.submit(shown(dana, order_id), "End the order", end=end)
    assert (asked.status, asked.errors) == (422, ["Say why; the buyer reads it."])
    done = dana.submit(asked, "End the order", reason="Ordered twice")
    assert order_of(world, order_id).state is state
    assert "Ordered twice" in done.text
    assert "Execute: buy" not in done.text


def test_an_order_that_waits_for_its_partner_is_only_cancelled(dana, world):
    order = world.order(state=OrderState.AWAITING_APPROVAL, executed_at=None)
    page = shown(dana, order.id)
    assert [choice["value"] for choice in page.soup.select("input[name=end]")] == ["cancel"]
    forged = {"act": "end", "end": "reject", "reason": "They asked", "version": "1"}
    assert dana.post("bss.orders.end", forged, order_id=order.id).status == 422
    assert order_of(world, order.id).state is OrderState.AWAITING_APPROVAL


def test_who_only_looks_is_offered_nothing(browse, world):
    page = shown(browse("vera"), ordered.submitted(world, staff_note="Call them"))
    assert page.soup.select("main form") == []
    assert "Call them" in page.text


def test_one_press_retries_what_a_retry_can_mend(dana, world):
    failed = [world.asset("failed", attempt={"cause": "CreditLimitExceeded"}) for _ in range(2)]
    gone = world.asset("failed", attempt={"cause": "ProductSkuNotFound"})
    order_id = ordered.mixed(world, *failed, gone, world.asset("synchronized"))
    page = shown(dana, order_id)
    assert "1 of 4 delivered, 3 failed" in page.text
    assert "Credit limit exceeded" in page.text
    done = dana.submit(page, "Retry 2, leave 1")
    assert done.flash == "2 lines are being retried."
    with world.app.app_context():
        (retry,) = db.session.scalars(db.select(Retry))
        assert retry.is_running


def test_a_retry_of_something_else_than_was_seen_is_previewed(dana, world):
    order_id = ordered.mixed(world, world.asset("failed"), world.asset("failed"))
    page = shown(dana, order_id)
    answer = dana.submit(page, "Retry 2", forge={"version": "1"})
    assert "so nothing was started" in answer.flash


def test_a_line_leads_to_its_asset_and_its_price_to_the_reason(browse, world):
    asset = world.asset("synchronized")
    page = shown(browse("dora"), ordered.mixed(world, asset))
    links = [link["href"] for link in page.soup.select("main table a")]
    assert any(link.endswith(f"/assets/{asset.id}") for link in links)
    (why,) = [link for link in links if "/price-lists/reasons" in link]
    assert browse("dora").visit(why).status == 200


def test_the_page_looks_again_while_lines_are_on_their_way(dana, world):
    moving = world.asset("synchronizing")
    order_id = ordered.mixed(world, moving, world.asset("synchronized"))
    page = shown(dana, order_id)
    assert len(page.soup.select("[hx-trigger*=load]")) == 1
    quiet = dana.poll(page)
    assert "Reception" not in quiet.body
    world.edit(moving, sync_status="synchronized")
    settled = page.after(dana.poll(page))
    assert "2 of 2 delivered" in settled.text
    assert words(settled.one(".state")) == "Delivered"
    assert shown(dana, order_id).soup.select("[hx-trigger*=load]") == []


def test_two_hundred_lines_cost_no_more_statements(dana, world, sql):
    few, many = (ordered.mixed(world, *world.assets(number, "failed")) for number in (1, 40))
    shown(dana, few)
    with sql() as of_few:
        shown(dana, few)
    with sql() as of_many:
        shown(dana, many)
    assert len(of_few) == len(of_many) <= 6, "\n\n".join(of_many)
