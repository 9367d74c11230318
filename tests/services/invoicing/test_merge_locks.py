"""Who merges an account locks it first, as whoever drafts, issues, pays, refunds or takes back: PostgreSQL ends none of
them in a deadlock."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core import clock
from portal.core.errors import DomainError
from portal.extensions import db
from portal.models import Account, User
from portal.services.accounts import account_merges
from portal.services.catalog import price_lists
from portal.services.catalog.price_lines import Line
from portal.services.invoicing.payments.sources import Source
from tests.services.invoicing.test_payer_lock import wait_for_waiting

pytestmark = pytest.mark.postgresql  # SQLite locks the whole file


@pytest.fixture
def merge(app, world, monkeypatch):
    """Merges the partner into another one, and begins the act as soon as the merge holds both. Returns the act's
    refusal, if it was refused."""

    def merge_beside(act):
        check = account_merges.check

        def begin(*arguments):
            begun.append(pool.submit(act))
            wait_for_waiting(app)
            check(*arguments)

        monkeypatch.setattr(account_merges, "check", begin)
        begun = []
        with ThreadPoolExecutor() as pool:
            _merge(app, world)
            return begun[0].exception(10)

    return merge_beside


def _merge(app, world) -> None:
    other = world.account("partner", organization_id=world.partner.organization_id)
    with app.app_context():
        merged, kept = db.session.get(Account, world.partner.id), db.session.get(Account, other.id)
        versions = (merged.version, kept.version)
        account_merges.merge(merged, kept, versions=versions, why="Twice", by=db.session.get(User, world.dora.id))


@pytest.mark.parametrize("name", ["draft", "issue", "pay", "assign", "refund", "reverse", "take back"])
def test_what_was_begun_beside_a_merge_is_done_or_refused(billing, desk, world, merge, name):
    asset, (draft,) = billing.delivered(), billing.draft(billing.delivered())
    open_, paid = (billing.issued(billing.delivered()).id for _each in range(2))
    free, settled = desk.pay_in(world.partner.id, 1_000), desk.pay(paid, 1_000)
    acts = {
        "draft": lambda: billing.draft(asset),
        "issue": lambda: billing.issue(draft),
        "pay": lambda: desk.pay(open_, 1_000),
        "assign": lambda: desk.assign(free, open_),
        "refund": lambda: desk.refund(Source(payment_id=free), 1_000),
        "reverse": lambda: desk.reverse(settled),
        "take back": lambda: desk.take_back(settled, paid),
    }
    refusal = merge(acts[name])
    assert refusal is None or isinstance(refusal, DomainError), refusal


@pytest.mark.parametrize("name", ["put in use", "assign"])
def test_a_price_list_of_the_merged_partner(app, world, merge, name):
    buyer = world.account(parent=world.partner)
    with app.app_context():
        by = db.session.get(User, world.paula.id)
        row = price_lists.create(details=details(), by=by)
        price_lists.save(row, version=1, details={}, lines=[Line(world.mailbox.id, 1, 2_000, None)], by=by)
        price_lists.assign(row, db.session.get(Account, world.customer.id), by=by)
        list_id = row.id

    def act() -> None:
        with app.app_context():
            by = db.session.get(User, world.paula.id)
            found = price_lists.price_list(by, list_id)
            if name == "assign":
                price_lists.assign(found, db.session.get(Account, buyer.id), by=by)
            else:
                price_lists.put_in_use(found, version=found.version, by=by)

    refusal = merge(act)
    assert refusal is None or isinstance(refusal, DomainError), refusal


def details() -> dict:
    return {
        "name": "Customers", "currency": "EUR", "valid_from": clock.today(), "valid_until": None, "is_for_all": False,
    }  # fmt: skip
