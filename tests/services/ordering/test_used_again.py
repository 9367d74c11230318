"""What has had its time: a form that made a draft, an amount that was paid, a line for who has left, an amount in the
old currency."""

from datetime import timedelta

import pytest

from portal.core import access, clock
from portal.core.errors import Conflict
from portal.extensions import db
from portal.models import Account, AuditEntry, Hold, Order, OrderState, User
from portal.services import accounts, credit
from portal.services.ordering import drafts, execution, order_again, submission
from portal.services.ordering.drafts import DraftInput, LineInput
from portal.services.ordering.execution import Decision

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.sqlite]
KEY = "2b9d4c1e-2f6a-4a0e-9f5d-6f0f0b7a1c11"


def test_a_form_that_made_a_draft_makes_no_other_one(world):
    first = drafts.create(world.customer.id, DraftInput([LineInput(world.mailbox.id, 25)]), by=world.dana, key=KEY)
    again = drafts.create(world.customer.id, DraftInput([LineInput(world.mailbox.id, 25)]), by=world.dana, key=KEY)
    assert again.id == first.id
    for buyer, lines in (
        (world.customer, [LineInput(world.mailbox.id, 50)]),
        (world.customer, [LineInput(world.mailbox.id, 25), LineInput(world.bundle.id, 1)]),
        (world.customer, [LineInput(world.bundle.id, 25)]),
        (world.direct_customer, [LineInput(world.mailbox.id, 25)]),
    ):
        with pytest.raises(Conflict, match=f"has made {first.number} already"):
            drafts.create(buyer.id, DraftInput(lines), by=world.dana, key=KEY)
    assert db.session.query(Order).count() == 1


def test_what_was_paid_before_the_order_is_executed_is_not_reserved_again(world):
    world.edit(world.partner, executes_orders=False, credit_limit=25 * 1190)
    basket = drafts.add_to_basket(LineInput(world.mailbox.id, 25), by=world.paula)
    order = submission.submit(basket, version=basket.version, seen=[(1190, "EUR")], by=world.paula)
    account = db.session.get(Account, world.partner.id, populate_existing=True)
    assert account.reserved == 25 * 1190
    credit.release_paid(account, 25 * 1190, version=account.version, reason="In advance", by=world.dana)
    order = access.visible_order(world.dana, order.id)
    executed = execution.execute(order, Decision(), version=order.version, by=world.dana)
    assert (executed.state, executed.reserved) == (OrderState.EXECUTED, 0)
    assert db.session.get(Account, world.partner.id, populate_existing=True).reserved == 0


def test_what_was_paid_before_its_start_date_is_not_reserved_again_when_the_link_was_missing(world):
    world.edit(world.partner, executes_orders=False, credit_limit=25 * 1190)
    basket = drafts.add_to_basket(LineInput(world.mailbox.id, 25), by=world.paula)
    order = submission.submit(basket, version=basket.version, seen=[(1190, "EUR")], by=world.paula)
    later = Decision(start_on=clock.today() + timedelta(days=1))
    order = execution.execute(order, later, version=order.version, by=world.dana)
    account = db.session.get(Account, world.partner.id, populate_existing=True)
    credit.release_paid(account, 25 * 1190, version=account.version, reason="In advance", by=world.dana)
    organization_id = world.partner.organization_id
    world.edit(order, start_on=clock.today())
    world.edit(world.partner, organization_id=None)
    execution.execute_on_start_date(order.id)
    order = access.visible_order(world.dana, order.id)
    assert (order.hold, order.reserved) == (Hold.LINK, 0)
    world.edit(world.partner, organization_id=organization_id)
    executed = execution.execute(order, Decision(), version=order.version, by=world.dana)
    assert (executed.state, executed.reserved) == (OrderState.EXECUTED, 0)
    assert db.session.get(Account, world.partner.id, populate_existing=True).reserved == 0


def test_the_new_name_of_a_customer_that_left_is_not_told(world):
    order = world.waiting_order(world.partner)
    (line,) = access.visible_order(world.dana, order.id).lines
    moved = world.account("customer", parent=world.partner, name="Old name")
    world.edit(line, account_id=moved.id)
    world.edit(moved, parent_id=world.rival.id, branch_id=world.rival.id, name="Secret new name")
    paula = db.session.get(User, world.paula.id)
    ((_line, reason),) = order_again.checked(access.visible_order(paula, order.id), paula).left_out
    assert "any more" in reason
    assert "Secret" not in reason


def test_an_amount_of_automatic_approval_ends_with_its_currency(world):
    world.edit(world.partner, approves_up_to=10_000)
    row = db.session.get(Account, world.partner.id, populate_existing=True)
    accounts.edit(row, version=row.version, details={"currency": "KWD"}, by=world.dana)
    assert (row.asks_approval, row.approves_up_to) == (True, None)
    entry = db.session.query(AuditEntry).filter_by(subject_id=row.id, field="approves_up_to").one()
    assert (entry.act, entry.before, entry.after) == ("edited", "10000", None)
