"""The page of an order, as a partner and its customer read it: where it is, who has to act, and what is never told."""

from datetime import UTC, date, datetime

import pytest

from portal.extensions import db
from portal.models import Asset, Hold, Order, OrderLine, OrderState
from portal.services.ordering import drafts, submission
from portal.services.ordering.drafts import DraftInput, LineInput
from tests.storefront.test_licence import STAFF_WORDS

pytestmark = pytest.mark.sqlite  # tests/web opens each page on both: once is enough

STATUSES = ("failed", "synchronized", "synchronizing", "unconfirmed", "review")


@pytest.fixture
def paula(browse):
    return browse("paula")


@pytest.fixture
def carl(browse):
    return browse("carl")


@pytest.fixture
def place(app, world):
    """Orders 25 mailboxes in the name of this person's account, each line for an account."""

    def order(by, *accounts, quantity: int = 25, **more) -> int:
        with app.app_context():
            lines = [
                LineInput(world.mailbox.id, quantity, account_id=account.id) for account in accounts or (by.account,)
            ]
            basket = drafts.add_to_basket(LineInput(world.mailbox.id, 1), by=by)
            drafts.save(basket, DraftInput(lines, **more), version=basket.version, by=by)
            basket = drafts.basket_of(by)
            seen = [(1190, "EUR")] * len(lines)
            return submission.submit(basket, version=basket.version, seen=seen, by=by).id

    return order


def decided(by, **columns) -> dict:
    return {"decided_by_id": by.id, "decided_at": datetime.now(UTC)} | columns


def of(person, order):
    return person.open("storefront.orders.show", order_id=order if isinstance(order, int) else order.id)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("nick", ["paula", "penny", "carl", "cleo"])
def test_each_line_shows_what_became_of_it(world, browse, status, nick):
    asset = world.asset(status, name="Mailboxes for Carl")
    page = of(browse(nick), asset.order_id)
    licence = browse(nick).open("storefront.assets.show", asset_id=asset.id)
    assert page.badge == licence.badge
    assert page.links["Mailboxes for Carl"] == licence.url
    assert not STAFF_WORDS.search(page.text)
    assert (world.code_of(asset) or "no code") not in page.body


def test_the_buyer_waits_for_its_partner(world, place, carl):
    page = of(carl, place(world.carl, po_number="4500-1", note="Reception first"))
    assert page.h1.startswith("ORD-")
    assert page.one(".state").get_text() == "Waits for Northlight IT"
    assert "Northlight IT has to approve it" in page.text
    assert "You need not do anything" in page.text
    assert (page.facts["Purchase order number"], page.facts["Note"]) == ("4500-1", "Reception first")
    assert page.one(".track [aria-current=step]").span.find_next_sibling("span").get_text() == "Approval"


def test_the_partner_reads_that_it_waits_for_it(world, place, paula, browse):
    order = place(world.carl)
    page = of(paula, order)
    assert page.one(".state--person").get_text() == "Waits for you"
    assert "Approve or reject it below" in page.text
    viewer = of(browse("penny"), order)
    assert "A colleague with the right to order has to approve" in viewer.text
    assert "Order again" not in viewer.text
    assert viewer.soup.select("main form") == []


def test_a_partner_approves_on_the_page_of_the_order(world, place, paula, carl):
    order = place(world.carl)
    done = paula.submit(of(paula, order), f"Approve ORD-{order}", reason="Welcome")
    assert "is approved. The licences are being bought" in done.flash
    assert "0 of 1 delivered, 1 on its way" in done.text
    theirs = of(carl, order)
    assert "Approved by Northlight IT" in theirs.text
    assert "Welcome" in theirs.text
    assert theirs.badge == "Being prepared"


def test_a_rejection_needs_a_reason_that_the_buyer_reads(world, place, paula, carl):
    order = place(world.carl)
    refused = paula.submit(of(paula, order), "Reject")
    assert (refused.status, refused.errors) == (422, ["Say why; the buyer reads it."])
    paula.submit(refused, "Reject", reason="Ask me first")
    page = of(carl, order)
    assert "Rejected by Northlight IT" in page.text
    assert page.soup.blockquote.get_text() == "Ask me first"
    assert "Nothing was bought" in page.text


def test_a_buyer_cancels_while_it_waits(world, place, paula, carl):
    order = place(world.carl)
    done = carl.submit(of(carl, order), f"Cancel ORD-{order}", reason="Ordered twice")
    assert "is cancelled. Nothing was bought" in done.flash
    page = of(paula, order)
    assert "Cancelled by Carl Ode" in page.text
    assert "Ordered twice" in page.text


@pytest.mark.parametrize("act", [None, "", "check", "buy"])
@pytest.mark.parametrize("nick, endpoint", [("carl", "cancel"), ("paula", "decide")])
def test_return_in_the_reason_decides_nothing(world, place, browse, nick, endpoint, act):
    order = place(world.carl)
    version = world.find(Order, order).version
    fields = {"reason": "Why not", "version": version} | ({} if act is None else {"act": act})
    answer = browse(nick).post(f"storefront.orders.{endpoint}", fields, order_id=order)
    assert answer.status == 200
    assert "Nothing was changed yet" in answer.flash
    assert answer.value("reason") == "Why not"
    assert world.find(Order, order).state is OrderState.AWAITING_APPROVAL


def test_too_late_shows_what_it_is_now(world, place, paula, carl):
    order = place(world.carl)
    seen, theirs = of(paula, order), of(carl, order)
    paula.submit(seen, f"Approve ORD-{order}")
    late = carl.submit(theirs, f"Cancel ORD-{order}")
    assert (late.status, late.flash) == (409, f"ORD-{order} was executed a moment before.")
    assert "Approved by Northlight IT" in late.text
    assert paula.submit(seen, "Reject", reason="Too dear").status == 409


@pytest.mark.parametrize("press", ["Approve", "Reject", "Cancel", None])
def test_only_the_order_that_was_seen_is_decided(world, place, browse, press):
    order = place(world.carl)
    person = browse("carl" if press == "Cancel" else "paula")
    seen = of(person, order)
    world.edit(world.find(Order, order), version=9)
    form = seen.one("#order-acts form")
    late = person.submit(seen, press, form=form, reason="Because") if press else person.submit(seen, form=form)
    assert (late.status, world.find(Order, order).state) == (409, OrderState.AWAITING_APPROVAL)
    now = "It waits for your approval" if press != "Cancel" else "Northlight IT has to approve it"
    assert late.flash == (
        f"ORD-{order} was changed in the meantime. Look at it, then press again. "
        f"Now: {now}. Its lines and prices are the same."
    )
    if press:
        assert late.value("reason") == "Because"
        assert person.submit(late, press, reason="Because").status == 200
        assert world.find(Order, order).state is not OrderState.AWAITING_APPROVAL


def test_an_approval_that_the_buyer_has_not_seen_refuses_its_cancellation(world, place, paula, carl):
    world.edit(world.partner, executes_orders=False)
    order = place(world.carl)
    theirs = of(carl, order)
    paula.submit(of(paula, order), f"Approve ORD-{order}")
    late = carl.submit(theirs, f"Cancel ORD-{order}")
    assert (late.status, world.find(Order, order).state) == (409, OrderState.SUBMITTED)
    assert "Now: It is being prepared." in late.flash


@pytest.mark.parametrize("nick", ["paula", "pavel"])
def test_a_partner_rejects_but_does_not_cancel_for_its_customer(world, place, browse, nick):
    order = place(world.carl)
    answer = browse(nick).post("storefront.orders.cancel", {"act": "cancel", "version": 1}, order_id=order)
    assert answer.status == 403


@pytest.mark.parametrize(
    "hold, partner, customer",
    [
        (Hold.CREDIT, "It waits for Meridian Distribution: over your credit limit", "It is being prepared"),
        (Hold.STAFF, "It waits for Meridian Distribution", "It is being prepared"),
        (Hold.PRODUCT, "It waits for Meridian Distribution", "It is being prepared"),
        (Hold.LINK, "It waits for Meridian Distribution", "It is being prepared"),
    ],
)
def test_who_has_to_act_is_told_to_each_reader(world, paula, carl, hold, partner, customer):
    order = world.waiting_order(state=OrderState.SUBMITTED, hold=hold, **decided(world.paula))
    assert partner in of(paula, order).text
    page = of(carl, order)
    assert customer in page.text
    assert "need not do anything" in page.text
    assert "redit" not in page.text
    assert "Meridian" not in page.text


def test_an_order_with_a_start_date_says_which(world, paula, carl):
    order = world.waiting_order(state=OrderState.SUBMITTED, hold=Hold.START_DATE, start_on=date(2030, 1, 31))
    for person in (paula, carl):
        assert "It starts on 31 Jan 2030" in of(person, order).text


def test_the_answer_counts_what_is_delivered(world, paula):
    assets = [world.asset(status) for status in ("synchronized", "synchronized", "failed", "review", "synchronizing")]
    order = world.order(world.customer, currency="EUR", lines_count=5)
    with world.transaction():
        for position, asset in enumerate(assets, 1):
            db.session.get(Asset, asset.id).order_id = order.id
            line = db.session.scalar(db.select(OrderLine).where(OrderLine.asset_id == asset.id))
            line.order_id, line.position = order.id, position
    page = of(paula, order)
    assert "2 of 5 delivered, 2 being looked into, 1 on its way" in page.text
    assert "There is no need to order again" in page.text


def test_the_page_looks_again_until_nothing_moves(world, place, work, paula, carl, sandbox):
    order = place(world.carl)
    page = of(carl, order)
    paula.submit(of(paula, order), f"Approve ORD-{order}")
    page = carl.poll(page)
    assert "1 on its way" in page.text
    moving = of(carl, order)
    work.drain()
    page = carl.poll(moving)
    assert "1 of 1 delivered" in page.text
    assert page.soup.select("[hx-trigger*=load]") == []


def test_a_poll_that_brings_nothing_is_small(world, place, carl):
    answer = carl.look(of(carl, place(world.carl)))
    assert answer.headers["HX-Reswap"] == "none"
    assert len(answer.body) < 500


def test_a_draft_has_no_page(app, world, carl, paula):
    with app.app_context():
        basket = drafts.add_to_basket(LineInput(world.mailbox.id, 1), by=world.carl)
    for person in (carl, paula):
        assert of(person, basket.id).status == 404


def test_order_again_fills_the_basket_once(app, world, paula):
    asset = world.asset("synchronized")
    page = paula.press(of(paula, asset.order_id), "Order again")
    for _ in range(2):
        paula.submit(page, "Put it in the basket")
    with app.app_context():
        (line,) = drafts.basket_of(world.paula).lines
    assert (line.account_id, line.quantity, line.product_id) == (world.customer.id, 25, world.mailbox.id)


def test_order_again_asks_before_it_replaces_the_basket(app, world, carl):
    asset = world.asset("synchronized", product=world.bundle)
    with app.app_context():
        drafts.add_to_basket(LineInput(world.mailbox.id, 3), by=world.carl)
    page = carl.press(of(carl, asset.order_id), "Order again")
    assert "Your basket holds 1 line." in page.text
    carl.submit(page, "Replace what is in the basket")
    late = carl.submit(page, "Replace what is in the basket")
    assert late.status == 409
    with app.app_context():
        (line,) = drafts.basket_of(world.carl).lines
    assert line.product_id == world.bundle.id


def test_order_again_says_what_cannot_be_ordered_any_more(app, world, carl):
    asset = world.asset("synchronized", name="Old mailboxes")
    world.edit(world.mailbox, withdrawn_at=datetime.now(UTC))
    page = carl.press(of(carl, asset.order_id), "Order again")
    assert "Some of it cannot be ordered any more Old mailboxes: " in page.text
    assert "Put it in the basket" not in page.text
    answer = carl.post("storefront.orders.again", {"act": "add", "key": "k", "version": "0"}, order_id=asset.order_id)
    assert answer.status == 200
    with app.app_context():
        assert drafts.basket_of(world.carl) is None


def test_people_of_other_accounts_are_not_named(world, carl, paula):
    """The staff who ordered for a customer are the seller's people for its partner, and nobody for the customer."""
    order = world.waiting_order(placed_by_id=world.dana.id)
    assert "Dana" not in of(paula, order).text
    assert "by Meridian Distribution" in of(paula, order).text
    assert "Placed for you" in of(carl, order).text
    assert "Meridian" not in of(carl, order).text


def test_a_new_partner_reads_no_words_of_the_old_one(world, browse, paula, carl):
    ended = {"decided_at": datetime.now(UTC), "reason": "You owe us too much"}
    order = world.waiting_order(state=OrderState.REJECTED, **ended)
    for person in (paula, carl):
        assert "You owe us too much" in person.open("storefront.orders.index").text
        assert "You owe us too much" in person.open("storefront.orders.show", order_id=order.id).text
    world.edit(world.customer, parent_id=world.rival.id, branch_id=world.rival.id)
    rita = browse("rita")
    shown = rita.open("storefront.orders.show", order_id=order.id)
    assert shown.h1 == order.number
    assert "owe us" not in shown.text + rita.open("storefront.orders.index").text
    assert "You owe us too much" in carl.open("storefront.orders.show", order_id=order.id).text
