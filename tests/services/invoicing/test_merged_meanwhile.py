"""An account is merged while somebody bills, credits or pays it: what is written goes with the account that is kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core import access
from portal.core.errors import Conflict, StaleVersion
from portal.extensions import db
from portal.models import Account, Asset, User
from portal.services.accounts import account_merges
from portal.services.imports import bank_lists
from portal.services.imports.bank_lists import Said
from portal.services.invoicing import drafts, issuing
from tests.services.imports.counter import Counter


@pytest.fixture
def twin(billing, world) -> Account:
    made = world.account("customer", parent=world.distributor, currency="EUR", organization_id="twin")
    billing.tax(made, "S24")
    world.edit(world.direct_customer, organization_id="twin")
    return made


@pytest.fixture
def merge(app, world, twin):
    """Into the direct customer, by somebody else."""

    def act() -> None:
        with app.app_context():
            row, kept = db.session.get(Account, twin.id), db.session.get(Account, world.direct_customer.id)
            by = db.session.get(User, world.dora.id)
            account_merges.merge(row, kept, versions=(row.version, kept.version), why="Entered twice", by=by)

    def elsewhere() -> None:
        with ThreadPoolExecutor() as pool:
            pool.submit(act).result(20)

    return elsewhere


def test_a_credit_note_stands_beside_its_invoice(billing, desk, world, twin, merge, monkeypatch):
    invoice = billing.issued(billing.delivered(account=twin))
    prepare = issuing.prepare

    def prepare_slowly(document_of):
        prepared = prepare(document_of)
        merge()
        return prepared

    monkeypatch.setattr(issuing, "prepare", prepare_slowly)
    with pytest.raises(StaleVersion, match="was merged into another one"):
        billing.credit(invoice)
    monkeypatch.setattr(issuing, "prepare", prepare)
    assert billing.credit(invoice).billed_account_id == world.direct_customer.id
    assert desk.balance(world.direct_customer.id) == 0


def test_an_order_is_invoiced_to_who_pays_for_it_now(app, billing, world, twin, merge):
    asset = billing.delivered(account=twin)
    with app.app_context():
        by = db.session.get(User, world.dana.id)
        order = access.shown_order(by, db.session.get(Asset, asset.id).order_id)
        merge()
        (draft,) = drafts.make_of_order(order.id, by=by)
        assert draft.billed_account_id == world.direct_customer.id


def test_a_bank_list_pays_in_to_no_account_that_was_merged(app, world, twin, merge, monkeypatch):
    counter, text = Counter(app, world), "Date,Amount,Reference,Payer\n2026-11-20,50.00,Hello,P\n"
    said = Said(accounts={2: twin.code})
    seen, once_more = counter.preview(text, said).digest, bank_lists.once_more

    def record_slowly(act):
        merge()
        return once_more(act)

    monkeypatch.setattr(bank_lists, "once_more", record_slowly)
    with pytest.raises(Conflict, match="was merged into another account"):
        counter.apply(text, said, seen=seen)
