"""Who is told what, beside the welcome."""

import pytest
from sqlalchemy import update

from portal.core import access, languages
from portal.core.i18n import in_language
from portal.extensions import db
from portal.models import Account, InvoiceDelivery, OrderState, StaffMails, User
from portal.services.digests import choices
from portal.services.mail import outbox
from portal.services.mail.telling import invoices, orders
from portal.services.ordering import decisions
from tests import bills
from tests.saved import now


def told(post) -> list[tuple[str, str]]:
    return sorted((row.event, row.recipient) for row in post.all())


def set_contact(world, account, **columns):
    with world.transaction():
        db.session.execute(update(Account).where(Account.id == account.id).values(**columns))


def test_a_failure_is_told_to_the_staff_and_in_other_words_to_who_ordered(post, buy, sandbox):
    set_contact(post.world, post.world.distributor, contact_email="licences@meridian.example")
    with post.app.app_context():
        choices.choose_for_contact(StaffMails.AT_ONCE, by=post.world.dora)
    sandbox.control.fault("createCoupon", "refuse", code="CreditLimitExceeded")
    buy(post.world.carl)

    assert told(post) == [("delayed", post.world.carl.email), ("failed", "licences@meridian.example")]
    texts = {row.event: row.text for row in post.all()}
    assert "/bss/" in texts["failed"]
    assert "/storefront/" in texts["delayed"]
    assert "BitTitan issued none" not in texts["delayed"]


def test_an_order_that_waits_is_told_to_those_who_may_approve_it(post):
    world = post.world
    order = world.waiting_order(world.customer)
    with world.app.app_context(), world.transaction():
        orders.waits(order, world.partner, world.customer, world.carl, order.placed_at)

    assert told(post) == [("awaiting-approval", world.paula.email), ("awaiting-approval", world.pavel.email)]


def test_a_mail_is_in_the_language_of_its_reader(post):
    world = post.world
    set_contact(world, world.partner, language="de_AT")
    with world.transaction():
        db.session.execute(update(User).where(User.id == world.pavel.id).values(language="en"))
    order = world.waiting_order(world.customer)
    with world.app.app_context(), world.transaction():
        orders.waits(order, world.partner, world.customer, world.carl, order.placed_at)

    texts = {row.recipient: (row.language, row.text.split("\n")[0]) for row in post.all()}
    assert texts == {world.paula.email: ("de", "Guten Tag,"), world.pavel.email: ("en", "Hello,")}


@pytest.mark.parametrize(("language", "written"), [("de", "1.000"), ("en", "1,000")])
def test_a_number_is_written_as_its_reader_writes_it(app, language, written):
    with app.app_context(), in_language(languages.best(language)):
        assert outbox.worded(1000) == written


@pytest.mark.parametrize(("act", "event"), [("approve", "approved"), ("reject", "rejected")])
def test_the_decision_is_told_to_who_ordered(post, act, event):
    world = post.world
    order = world.waiting_order(world.customer, placed_by_id=world.carl.id, state=OrderState.AWAITING_APPROVAL)
    with world.app.app_context():
        found = access.submitted_order(world.paula, order.id)
        getattr(decisions, act)(found, by=world.paula, reason="Too many")

    assert told(post) == [(event, world.carl.email)]
    assert ("Too many" in post.one().text) == (act == "reject")


def test_an_invoice_goes_to_the_billing_address_of_who_wants_it_by_mail(post):
    world = post.world
    set_contact(world, world.partner, billing_email="ap@northlight.example", contact_email="it@northlight.example")
    first, second = (bills.invoice(world, world.partner, issued_at=now()) for _ in range(2))
    for invoice, delivery in ((first, InvoiceDelivery.MAIL), (second, InvoiceDelivery.PORTAL)):
        set_contact(world, world.partner, invoice_delivery=delivery)
        with world.app.app_context(), world.transaction():
            invoices.issued(db.session.merge(invoice))

    assert told(post) == [("invoice", "ap@northlight.example")]
    assert first.number in post.one().subject
