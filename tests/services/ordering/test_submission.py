"""From the basket to the assets: submit, approve, reject, cancel, execute, and what each of them leaves."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from portal.core import access, audit, clock
from portal.core.errors import Conflict, InvalidInput, NotAllowed, PriceChanged, StaleVersion
from portal.extensions import db
from portal.models import Account, Asset, Attempt, Hold, InvoiceTiming, Job, JobKind, Order, OrderState, User
from portal.services import accounts, assets
from portal.services.catalog import resolution
from portal.services.ordering import decisions, drafts, execution, submission
from portal.services.ordering.drafts import CustomerInput, DraftInput, LineInput
from portal.services.ordering.execution import Decision
from tests.services.shop import at_once

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def basket(world):
    """A basket of one person with the given lines; by default one of 25 mailboxes."""

    def fill(by, *lines, **more) -> Order:
        lines = lines or (LineInput(world.mailbox.id, 25),)
        order = drafts.add_to_basket(LineInput(world.mailbox.id, 1), by=by)
        drafts.save(order, DraftInput(lines, **more), version=order.version, by=by)
        return drafts.basket_of(by)

    return fill


def send(order, by, seen=1190, **more):
    prices = [(seen, "EUR") for _ in order.lines]
    return submission.submit(order, version=order.version, seen=prices, by=by, **more)


def bought(order) -> list[Asset]:
    return list(db.session.scalars(db.select(Asset).where(Asset.order_id == order.id).order_by(Asset.id)))


def reserved(account) -> int:
    return db.session.scalar(db.select(Account.reserved).where(Account.id == account.id))


def test_a_partners_basket_becomes_assets_at_once(world, basket):
    order = basket(world.paula, LineInput(world.mailbox.id, 25, "Reception", world.customer.id), po_number="4500-1")
    sent = send(order, world.paula)
    (asset,) = bought(sent)
    assert (sent.state, sent.hold, sent.total, sent.currency, sent.reserved) == (
        OrderState.EXECUTED, None, 25 * 1190, "EUR", 25 * 1190,
    )  # fmt: skip
    assert (asset.name, asset.account_id, asset.billed_account_id, asset.unit_price, asset.sync_status.value) == (
        "Reception", world.customer.id, world.partner.id, 1190, "synchronizing",
    )  # fmt: skip
    assert sent.lines[0].asset_id == asset.id
    assert drafts.basket_of(world.paula) is None


def test_submitting_twice_orders_once(world, basket):
    order = basket(world.paula)
    first = send(order, world.paula)
    again = submission.submit(order, version=1, seen=[], by=world.paula)
    assert (again.id, len(bought(first))) == (first.id, 1)


def test_a_customer_is_created_with_the_order_and_not_before(world, basket):
    line = LineInput(world.mailbox.id, 5, new_customer=0)
    order = basket(world.paula, line, new_customers=[CustomerInput("Русская школа", "CH", "buero@schule.example")])
    known = db.session.query(Account).count()
    sent = send(order, world.paula)
    account = sent.lines[0].account
    assert db.session.query(Account).count() == known + 1
    assert (account.name, account.parent_id, account.currency, account.contact_email) == (
        "Русская школа", world.partner.id, "EUR", "buero@schule.example",
    )  # fmt: skip
    assert bought(sent)[0].branch_id == world.partner.id


def test_a_price_that_changed_orders_nothing(world, basket):
    order = basket(world.paula)
    with pytest.raises(PriceChanged):
        send(order, world.paula, seen=1180)
    assert not bought(order)
    assert drafts.basket_of(world.paula).state is OrderState.DRAFT


def test_a_basket_that_changed_in_another_tab_orders_nothing(world, basket):
    seen = basket(world.paula).version
    order = drafts.add_to_basket(LineInput(world.bundle.id, 1), by=world.paula)
    with pytest.raises(StaleVersion):
        submission.submit(order, version=seen, seen=[], by=world.paula)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"withdrawn_at": "now"}, "lines-0-product"),
        ({"min_quantity": 26}, "lines-0-quantity"),
        ({"max_quantity": 24}, "lines-0-quantity"),
    ],
)
def test_what_cannot_be_sold_is_named_at_its_line(world, basket, change, field):
    order = basket(world.paula)
    world.edit(world.mailbox, **{name: world.mailbox.created_at if value == "now" else value
                                 for name, value in change.items()})  # fmt: skip
    with pytest.raises(InvalidInput) as refusal:
        send(order, world.paula)
    assert refusal.value.field == field
    assert not bought(order)


def test_a_customers_order_waits_for_its_partner_who_approves(world, basket):
    order = send(basket(world.carl), world.carl)
    assert (order.state, order.customer_total, reserved(world.partner)) == (
        OrderState.AWAITING_APPROVAL, 25 * 1190, 0,
    )  # fmt: skip
    approved = decisions.approve(access.visible_order(world.paula, order.id), by=world.paula)
    assert (approved.state, approved.decided_by_id, len(bought(order))) == (OrderState.EXECUTED, world.paula.id, 1)
    with pytest.raises(Conflict, match="executed a moment before"):
        decisions.reject(order, by=world.paula, reason="Too late")


@pytest.mark.parametrize(("limit", "waits"), [(25 * 1190 - 1, True), (25 * 1190, False)])
def test_small_orders_of_customers_are_approved_by_themselves(world, basket, limit, waits):
    world.edit(world.partner, approves_up_to=limit)
    order = send(basket(world.carl), world.carl)
    assert (order.state is OrderState.AWAITING_APPROVAL) is waits


def test_only_the_partner_approves(world, basket):
    order = send(basket(world.carl), world.carl)
    for person in (world.dana, world.penny, world.carl):
        with pytest.raises(NotAllowed):
            decisions.approve(order, by=person)


def test_a_rejected_order_buys_nothing_and_says_why(world, basket):
    order = send(basket(world.carl), world.carl)
    with pytest.raises(InvalidInput):
        decisions.reject(order, by=world.paula, reason=" ")
    rejected = decisions.reject(order, by=world.paula, reason="Ask me first")
    assert (rejected.state, rejected.reason, bought(order)) == (OrderState.REJECTED, "Ask me first", [])


def test_over_the_credit_limit_it_waits_and_reserves_nothing(world, basket):
    world.edit(world.partner, credit_limit=25 * 1190 - 1)
    order = send(basket(world.paula), world.paula)
    assert (order.state, order.hold, reserved(world.partner)) == (OrderState.SUBMITTED, Hold.CREDIT, 0)
    with pytest.raises(InvalidInput) as refusal:
        execution.execute(order, Decision(), version=order.version, by=world.dana)
    assert refusal.value.field == "over_limit_reason"
    order = access.visible_order(world.dana, order.id)
    done = execution.execute(order, Decision(over_limit_reason="They pay"), version=order.version, by=world.dana)
    assert (done.state, reserved(world.partner)) == (OrderState.EXECUTED, 25 * 1190)


def test_a_cancelled_order_gives_its_credit_back(world, basket):
    world.edit(world.partner, executes_orders=False, credit_limit=100_000)
    order = send(basket(world.paula), world.paula)
    assert (order.hold, reserved(world.partner)) == (Hold.STAFF, 25 * 1190)
    assert decisions.cancel(order, by=world.paula).state is OrderState.CANCELLED
    assert reserved(world.partner) == 0
    with pytest.raises(Conflict):
        execution.execute(order, Decision(), version=order.version + 1, by=world.dana)


def test_an_order_that_is_never_invoiced_needs_a_reason(world, basket):
    world.edit(world.partner, executes_orders=False)
    order = send(basket(world.paula), world.paula)
    with pytest.raises(InvalidInput) as refusal:
        execution.execute(order, Decision(InvoiceTiming.NEVER), version=order.version, by=world.dana)
    assert refusal.value.field == "invoice_reason"


def test_a_later_change_of_the_product_leaves_what_was_sold(world, basket):
    order = send(basket(world.paula), world.paula)
    before = {name: value for name, value in vars(order.lines[0]).items() if isinstance(value, str | int)}
    world.edit(world.mailbox, name="Another name", expire_days=30)
    line = access.visible_order(world.dana, order.id).lines[0]
    assert {name: value for name, value in vars(line).items() if isinstance(value, str | int)} == before


def test_nobody_else_sees_a_basket(world, basket):
    order = basket(world.paula)
    for person in (world.pavel, world.dora, world.carl, world.rita):
        assert db.session.scalar(access.visible_orders(person).where(Order.id == order.id)) is None


def test_a_cancelled_asset_frees_its_part_of_the_credit(world, basket):
    order = send(basket(world.paula, *[LineInput(world.mailbox.id, 10)] * 2), world.paula)
    first, second = bought(order)
    world.edit(first, sync_status="failed")
    assets.cancel(access.visible_asset(world.dana, first.id), version=first.version, by=world.dana, reason="Twice")
    assert (reserved(world.partner), access.visible_order(world.dana, order.id).reserved) == (11900, 11900)


def test_orders_at_once_never_exceed_the_limit_together(app, world, basket):
    """Of 20 orders 14 fit; each has its own basket, because each comes from another person."""
    people = [world.user(world.partner, email=f"buyer{number}@northlight.example") for number in range(20)]
    orders = [basket(person).id for person in people]
    world.edit(world.partner, credit_limit=14 * 25 * 1190)
    pairs = iter(zip(orders, people, strict=True))

    def one() -> object:
        order_id, person = next(pairs)
        with app.app_context():
            by = db.session.get(User, person.id)
            order = access.visible_order(by, order_id)
            return submission.submit(order, version=order.version, seen=[(1190, "EUR")], by=by).hold

    holds = at_once(20, one)
    assert sorted(str(hold) for hold in holds) == ["Hold.CREDIT"] * 6 + ["None"] * 14
    assert reserved(world.partner) == 14 * 25 * 1190


def test_approve_and_cancel_at_once_is_one_of_them(app, world, basket):
    for _ in range(5):
        order_id = send(basket(world.carl), world.carl).id
        acts = iter([(decisions.approve, world.paula), (decisions.cancel, world.carl)])

        def one(acts=acts, order_id=order_id) -> object:
            act, person = next(acts)
            with app.app_context():
                by = db.session.get(User, person.id)
                return act(access.visible_order(by, order_id), by=by).state

        states = at_once(2, one)
        assert sum(isinstance(state, Conflict) for state in states) == 1, states
        db.session.rollback()
        made = len(bought(access.visible_order(world.dana, order_id)))
        assert made == (1 if OrderState.EXECUTED in states else 0)


def test_an_order_with_a_later_start_waits_for_its_day(world, basket):
    world.edit(world.partner, executes_orders=False)
    order = send(basket(world.paula), world.paula)
    tomorrow = clock.today() + timedelta(days=1)
    row = execution.execute(order, Decision(start_on=tomorrow), version=order.version, by=world.dana)
    job = db.session.scalar(db.select(Job).where(Job.kind == JobKind.EXECUTE))
    assert (row.state, row.hold, row.reserved) == (OrderState.SUBMITTED, Hold.START_DATE, 25 * 1190)
    assert job.due_at == datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC)
    assert execution.execute_on_start_date(order.id) == job.due_at
    world.edit(row, start_on=clock.today())
    assert execution.execute_on_start_date(order.id) is None
    assert access.visible_order(world.dana, order.id).state is OrderState.EXECUTED
    assert execution.execute_on_start_date(order.id) is None
    (asset,) = bought(order)
    assert audit.last_person("order", order.id, "executed") == world.dana.id
    assert db.session.scalar(db.select(Attempt.requested_by_id).where(Attempt.asset_id == asset.id)) == world.dana.id


def test_what_a_discount_gives_is_rounded_before_it_is_multiplied():
    """2.41 × 0.836 = 2.01; × 637 = 1,280.37."""
    assert resolution.discounted(241, 1640) * 637 == 128_037


@pytest.mark.parametrize("who", ["carl", "paula"])
def test_an_account_does_not_move_while_an_order_for_it_waits(world, basket, who):
    world.edit(world.partner, executes_orders=False)
    buyer = getattr(world, who)
    order = send(basket(buyer, LineInput(world.mailbox.id, 25, account_id=world.customer.id)), buyer)

    def move():
        return accounts.edit(
            db.session.get(Account, world.customer.id), version=world.customer.version, details={},
            parent_id=world.rival.id, by=world.dora,
        )  # fmt: skip

    with pytest.raises(InvalidInput, match=order.number):
        move()
    decisions.reject(order, by=world.paula if who == "carl" else world.dana, reason="Moves away")
    assert move().account.parent_id == world.rival.id


def test_the_currency_stays_while_orders_use_up_credit_in_it(world, basket):
    send(basket(world.paula), world.paula)
    row = access.visible_account(world.dora, world.partner.id)
    with pytest.raises(InvalidInput) as refusal:
        accounts.edit(row, version=row.version, details={"currency": "USD"}, by=world.dora)
    assert refusal.value.field == "currency"


def test_only_a_partner_creates_customers_with_an_order(world, basket):
    with pytest.raises(InvalidInput) as refusal:
        basket(world.carl, LineInput(world.mailbox.id, 5, new_customer=0), new_customers=[CustomerInput("Newcomer")])
    assert refusal.value.field == "lines-0-account"


def test_a_form_that_added_a_line_adds_no_other(world):
    key = str(uuid4())
    for _press in range(2):
        drafts.add_to_basket(LineInput(world.mailbox.id, 25, key=key), by=world.paula)
    with pytest.raises(Conflict, match="added a line already"):
        drafts.add_to_basket(LineInput(world.mailbox.id, 30, key=key), by=world.paula)
    assert drafts.in_basket(world.paula) == {world.mailbox.id: (1, 25)}
