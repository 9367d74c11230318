"""A partner decides about the orders of its customers, several at once, and says when it wants to be asked."""

from datetime import UTC, datetime

import pytest

from portal.core import access, audit
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Account, AuditEntry, Hold, Order, OrderState
from portal.services.ordering import approvals, decisions

pytestmark = pytest.mark.sqlite  # tests/web opens each page on both; who is faster is asked of both in its own file


@pytest.fixture
def paula(browse):
    return browse("paula")


def inbox(person):
    return person.open("storefront.approvals.index")


def ticks(*orders) -> list[str]:
    """What the boxes of these orders send: the order as it was shown."""
    return [f"{order.id}-{order.version}" for order in orders]


def states(world, *orders) -> list[str]:
    return [world.find(Order, order.id).state.value for order in orders]


def test_the_inbox_says_what_each_order_earns(world, paula):
    order = world.waiting_order(lines=2, placed_by_id=world.carl.id)
    world.waiting_order(world.rival_customer)
    world.waiting_order(state=OrderState.SUBMITTED, hold=Hold.STAFF)
    (row,) = inbox(paula).rows
    assert row.startswith("Brightwood DentalCarl Ode")
    assert f"{order.number} 50 × BitTitan Mailbox License" in row
    assert "in 2 linesPO PO-7" in row
    assert "€645.00 €595.00 €50.00" in row


def test_a_loss_is_marked(world, paula):
    order = world.waiting_order()
    world.edit(order, customer_total=29000)
    assert inbox(paula).one("tbody .diff").get_text() == "−€7.50"


def test_different_currencies_are_not_subtracted(world, paula):
    order = world.waiting_order()
    world.edit(order, customer_currency="CHF")
    (row,) = inbox(paula).rows
    assert "CHF 322.50 €297.50 –" in row


def test_the_credit_limit_is_told_before(world, paula):
    world.edit(world.partner, credit_limit=30000, reserved=1000)
    order = world.waiting_order()
    sentence = "Over your credit limit by €7.50: "
    assert sentence + "waits for Meridian Distribution next" in inbox(paula).text
    page = paula.open("storefront.orders.show", order_id=order.id)
    assert sentence + "if you approve it, it waits for Meridian Distribution next." in page.text


def test_the_oldest_waits_at_the_top(world, paula):
    newer = world.waiting_order()
    older = world.waiting_order(placed_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert [row["id"] for row in inbox(paula).soup.select("tbody tr")] == [f"order-{older.id}", f"order-{newer.id}"]


def test_the_menu_counts_what_waits(world, paula):
    assert "Approvals" in inbox(paula).links
    world.waiting_order()
    assert "Approvals 1" in inbox(paula).links


def test_several_are_approved_at_once(world, paula):
    orders = [world.waiting_order() for _ in range(3)]
    done = paula.submit(inbox(paula), "Approve", pick=ticks(*orders[:2]))
    assert done.flash == "2 of 2 approved."
    assert states(world, *orders) == ["executed", "executed", "awaiting-approval"]
    assert done.text.count("Approved by you") == 2


def test_one_that_was_cancelled_meanwhile_is_named(world, paula):
    orders = [world.waiting_order() for _ in range(3)]
    page = inbox(paula)
    world.edit(orders[1], state=OrderState.CANCELLED)
    done = paula.submit(page, "Approve", pick=ticks(*orders))
    assert done.flash == f"2 of 3 approved. {orders[1].number} was cancelled a moment before."
    assert done.links[orders[1].number].endswith(f"/orders/{orders[1].id}")
    assert states(world, *orders) == ["executed", "cancelled", "executed"]


def test_one_that_was_changed_meanwhile_is_left_as_it_is_and_named(world, paula):
    orders = [world.waiting_order() for _ in range(3)]
    page = inbox(paula)
    world.edit(orders[1], version=7)
    done = paula.submit(page, "Approve", pick=ticks(*orders))
    number = orders[1].number
    assert done.flash == f"2 of 3 approved. {number} was changed in the meantime. Look at it, then press again."
    assert done.links[number].endswith(f"/orders/{orders[1].id}")
    assert states(world, *orders) == ["executed", "awaiting-approval", "executed"]


def test_a_rejection_keeps_its_reason_on_each(world, paula):
    orders = [world.waiting_order() for _ in range(2)]
    refused = paula.submit(inbox(paula), "Reject", pick=ticks(*orders))
    assert (refused.status, refused.errors) == (422, ["Say why; the buyer reads it."])
    ticked = [box["value"] for box in refused.soup.select("[name=pick][checked]")]
    assert ticked == ticks(*orders)
    done = paula.submit(refused, "Reject", reason="Not this year")
    assert done.flash == "2 of 2 rejected."
    assert {world.find(Order, order.id).reason for order in orders} == {"Not this year"}


@pytest.mark.parametrize("act", [None, "", "check", "buy"])
def test_return_in_the_reason_decides_nothing(world, paula, act):
    order = world.waiting_order()
    fields = {"reason": "Why not", "pick": ticks(order)} | ({} if act is None else {"act": act})
    answer = paula.post("storefront.approvals.decide", fields)
    assert "Nothing was decided yet" in answer.flash
    assert answer.value("reason") == "Why not"
    assert states(world, order) == ["awaiting-approval"]


def test_the_first_button_only_checks(world, paula):
    world.waiting_order()
    forms = [form for form in inbox(paula).forms if "/approvals" in form["action"]]
    assert [form.find("button")["value"] for form in forms] == ["check", "check"]


def test_nothing_ticked_is_said(world, paula):
    order = world.waiting_order()
    answer = paula.submit(inbox(paula), "Approve")
    assert (answer.status, answer.flash) == (422, "Tick the orders first. Nothing was decided.")
    assert states(world, order) == ["awaiting-approval"]


def test_orders_of_others_are_not_decided(world, paula):
    own, other, foreign = world.waiting_order(), world.waiting_order(), world.waiting_order(world.rival_customer)
    done = paula.post(
        "storefront.approvals.decide",
        {"act": "approve", "pick": [*ticks(own, foreign), "1000000000-1", f"{other.id}", "x"]},
    )
    assert done.flash == "1 of 1 approved."
    assert states(world, other, foreign) == ["awaiting-approval"] * 2


def test_what_a_former_partner_pays_is_not_decided_by_the_new_one(world, paula):
    order = world.waiting_order(billed_account=world.rival)
    done = paula.post("storefront.approvals.decide", {"act": "approve", "pick": ticks(order)})
    assert done.status in (403, 422)
    assert states(world, order) == ["awaiting-approval"]


def test_an_approved_order_over_the_limit_waits_for_staff(world, paula):
    world.edit(world.partner, credit_limit=100)
    order = world.waiting_order()
    paula.submit(inbox(paula), "Approve", pick=ticks(order))
    decided = world.find(Order, order.id)
    assert (decided.state, decided.hold, decided.reserved) == (OrderState.SUBMITTED, Hold.CREDIT, 0)


def test_only_so_many_are_shown_at_once(app, world, paula, monkeypatch):
    monkeypatch.setattr(approvals, "MOST", 2)
    for _ in range(3):
        world.waiting_order()
    page = inbox(paula)
    assert len(page.rows) == 2
    assert "These are the oldest" in page.text


@pytest.mark.parametrize(
    "rule, amount, asks, up_to",
    [("always", "", True, None), ("above", "80.50", True, 8050), ("never", "", False, None), ("above", "0", True, 0)],
)
def test_an_admin_says_when_to_be_asked(world, paula, rule, amount, asks, up_to):
    world.edit(world.partner, asks_approval=not asks, approves_up_to=7)
    done = paula.submit(inbox(paula), "Save", rule=rule, amount=amount)
    account = world.find(Account, world.partner.id)
    assert (account.asks_approval, account.approves_up_to, account.version) == (asks, up_to, 2)
    assert "Saved" in done.flash
    again = paula.submit(done, "Save")
    assert "Nothing was changed" in again.flash


def test_the_setting_is_audited(app, world, paula):
    paula.submit(inbox(paula), "Save", rule="above", amount="80")
    with app.app_context():
        entry = db.session.scalar(db.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
        assert (entry.actor_id, entry.subject, entry.field, entry.after) == (
            world.paula.id, "account", "approves_up_to", "8000",
        )  # fmt: skip


def test_a_changed_account_refuses_the_setting(world, paula):
    page = inbox(paula)
    world.edit(world.partner, version=7, approves_up_to=500)
    late = paula.submit(page, "Save", rule="never")
    assert late.status == 409
    assert "was changed in the meantime" in late.flash
    assert "Now: Above €5.00" in late.text
    assert world.find(Account, world.partner.id).asks_approval
    assert "Saved" in paula.submit(late, "Save").flash


@pytest.mark.parametrize("amount", ["-1", "1.234", "x", "=1+1", "9" * 20])
def test_an_amount_that_is_none_is_refused(world, paula, amount):
    answer = paula.submit(inbox(paula), "Save", rule="above", amount=amount)
    assert (answer.status, len(answer.errors)) == (422, 1)
    assert world.find(Account, world.partner.id).version == 1


def test_above_needs_an_amount(paula):
    answer = paula.submit(inbox(paula), "Save", rule="above", amount="")
    assert answer.errors == ["Enter the amount up to which you need not be asked."]


def test_others_read_the_setting(world, browse):
    world.edit(world.partner, approves_up_to=8000)
    page = inbox(browse("pavel"))
    assert "Above €80.00" in page.text
    assert "Save" not in page.buttons


def decided_rows(page) -> list[str]:
    rows = page.one("[aria-labelledby=decided-title]").select("li")
    return [" ".join(row.get_text(" ").split()) for row in rows]


def test_what_passed_by_itself_is_listed(app, world, paula):
    world.edit(world.partner, asks_approval=False)
    passed = world.waiting_order(state=OrderState.EXECUTED, placed_by_id=world.carl.id)
    for somebody in (world.dana, world.pavel):  # in its name: nobody was to be asked
        world.waiting_order(state=OrderState.EXECUTED, placed_by_id=somebody.id)
    world.waiting_order(placed_by_id=world.carl.id)
    (row,) = decided_rows(inbox(paula))
    assert row.startswith(f"{passed.number} Brightwood Dental Approved automatically")


@pytest.mark.parametrize("is_automatic", [True, False])
def test_an_approval_before_a_rejection_by_staff_is_listed_too(app, world, browse, paula, is_automatic):
    world.edit(world.partner, executes_orders=False)
    order = world.waiting_order(placed_by_id=world.carl.id)
    with app.app_context():
        if is_automatic:
            row = db.session.get(Order, order.id)
            with transaction():
                row.state, row.hold = OrderState.SUBMITTED, Hold.STAFF
                audit.record("order", row.id, "held", by=world.carl, field="hold", after=row.hold)
        else:
            decisions.approve(access.visible_order(world.pavel, order.id), by=world.pavel)
        decisions.reject(access.visible_order(world.dana, order.id), by=world.dana, reason="Not sold any more")
    (row,) = decided_rows(inbox(paula))
    approval = "Approved automatically" if is_automatic else f"Approved by {world.pavel.name}"
    assert row.index("Rejected by Meridian Distribution") < row.index(approval)
    page = paula.open("storefront.orders.show", order_id=order.id)
    assert approval in page.text
    theirs = browse("carl").open("storefront.orders.show", order_id=order.id).text
    assert ("Approved automatically" if is_automatic else "Approved by Northlight IT") in theirs
    assert world.pavel.name not in theirs
    assert "Meridian" not in theirs


def test_what_was_cancelled_before_anybody_approved_it_has_no_approval(app, world, paula):
    order = world.waiting_order(placed_by_id=world.carl.id)
    with app.app_context():
        decisions.cancel(access.visible_order(world.carl, order.id), by=world.carl)
    (row,) = decided_rows(inbox(paula))
    assert "Cancelled by Carl Ode" in row
    assert "Approved" not in row


def test_who_ordered_is_named_only_to_who_may_know(world, paula):
    """Somebody who works for another partner by now."""
    order = world.waiting_order(placed_by_id=world.rita.id)
    page = inbox(paula)
    assert order.number in page.text
    assert world.rita.name not in page.body


def test_lately_is_the_last_months(app, world):
    now = datetime.now(UTC)
    world.waiting_order(state=OrderState.REJECTED, decided_at=now, placed_at=datetime(2026, 1, 1, tzinfo=UTC))
    new = world.waiting_order(state=OrderState.REJECTED, decided_at=now)
    with app.app_context():
        assert [order.id for order, _given in approvals.decided_lately(world.paula)] == [new.id]
