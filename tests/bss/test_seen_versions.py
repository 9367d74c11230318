"""Who saves and acts with one press acts on what was saved, not on what somebody else saved in between."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from portal.bss.invoicing import credit_draft
from portal.bss.ordering import draft_pages
from portal.core import access, clock
from portal.core.transaction import lock, transaction
from portal.display.prices.pages import PriceListPages
from portal.extensions import db
from portal.models import Asset, Invoice, Order, OrderState, PriceList, User
from portal.services import credit, transitions
from portal.services.catalog import price_lists
from portal.services.catalog.price_lines import Line
from portal.services.ordering import drafts
from portal.services.ordering.drafts import DraftInput, LineInput
from tests.services.invoicing.conftest import Billing

TWO = {"product_1": "BT-MAILBOX", "quantity_1": "25", "product_2": "bt-bundle", "quantity_2": "10", "name_2": "Move"}


@pytest.fixture
def meanwhile(app, world, monkeypatch):
    """Before or after `name` of `owner` is carried out, dora does `act` elsewhere."""

    def dora_acts(when: str, owner, name: str, act) -> None:
        original = getattr(owner, name)

        def by_dora() -> None:
            with app.app_context():
                act(db.session.get(User, world.dora.id))

        def slowly(*arguments):
            done = original(*arguments) if when == "after" else None
            with ThreadPoolExecutor() as pool:
                pool.submit(by_dora).result(20)
            return done or original(*arguments)

        monkeypatch.setattr(owner, name, slowly)

    return dora_acts


def test_what_is_submitted_is_what_was_saved(app, world, browse, meanwhile):
    dana = browse("dana")
    sheet = dana.submit(dana.open("bss.orders.new_draft"), "Continue", account=world.partner.code)
    page = dana.submit(dana.submit(sheet, "Save as draft", **TWO), "Recalculate")

    def add_licences(dora: User) -> None:
        order = access.visible_order(dora, db.session.scalar(select(Order.id)))
        wanted = {world.mailbox: 2_500, world.bundle: 10}
        lines = [LineInput(product.id, wanted[product], "", world.partner.id) for product in wanted]
        drafts.save(order, DraftInput(lines), version=order.version, by=dora)

    meanwhile("before", draft_pages, "_after", add_licences)
    dana.submit(page, "Submit and execute: buy 2 coupons, 35 licences", invoice_timing="next-run")
    assert world.find(Order, 1).state is OrderState.DRAFT


def test_what_is_credited_is_what_was_seen(app, world, browse, meanwhile):
    billing, dana = Billing(app, world), browse("dana")
    billing.prepare()
    first, second = billing.delivered(25), billing.delivered(100)
    issued = billing.issued(first, second)

    def cancel(asset: Asset, by: User) -> None:
        with transaction():
            credit.lock_payer(asset.id)
            transitions.cancel(lock(Asset, asset.id), by=by, reason="Not wanted")

    billing.do(lambda: cancel(first, billing.dana))
    draft_id = billing.do(lambda: db.session.scalar(select(Invoice.id).where(Invoice.corrects_id == issued.id)))
    page = dana.open("bss.invoices.show", invoice_id=draft_id)
    meanwhile("after", credit_draft, "_keep", lambda dora: cancel(second, dora))
    dana.submit(page, page.one("button[value=issue]").get_text(" ", strip=True), reason="Cancelled as agreed.")
    assert world.find(Invoice, draft_id).is_draft


def test_prices_in_use_are_those_that_were_saved(app, world, browse, meanwhile):
    dora = browse("dora")
    with app.app_context():
        by, today = db.session.get(User, world.dora.id), clock.today()
        about = {"name": "A", "currency": "EUR", "valid_from": today, "valid_until": None, "is_for_all": True}
        row = price_lists.create(details=about, by=by)
        price_lists.save(row, version=1, details={}, lines=[Line(world.mailbox.id, 1, 1_000, None)], by=by)
        list_id = row.id

    def make_it_cheap(by: User) -> None:
        row = price_lists.price_list(by, list_id)
        price_lists.save(row, version=row.version, details={}, lines=[Line(world.mailbox.id, 1, 1, None)], by=by)

    meanwhile("before", PriceListPages, "_used", make_it_cheap)
    page = dora.open("bss.price_lists.edit", list_id=list_id)
    dora.submit(page, page.one("button[value=use]").get_text(" ", strip=True))
    assert world.find(PriceList, list_id).used_at is None
