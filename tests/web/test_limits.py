"""What a day allows one person, and all people of one tree: far more than work needs, far less than a thief wants."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal.core import clock
from portal.core.errors import BudgetSpent
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Alert, AuditEntry, Role, Throttle, User
from portal.services import limits
from tests.apps import opened

pytestmark = pytest.mark.sqlite

BSS, STOREFRONT = "/bss/billing/assets", "/storefront/billing/assets"


@pytest.fixture
def uses(app):
    """Counts what somebody has asked for already; how often it was possible."""

    def use(person: User, budget, times: int = 1, cost: int = 1) -> int:
        with app.app_context():
            by = db.session.get(User, person.id)
            for number in range(times):
                try:
                    limits.check(budget, by=by, cost=cost)
                except BudgetSpent:
                    return number
            return times

    return use


def told(app) -> list[str]:
    with app.app_context():
        assert len(list(db.session.scalars(select(Alert)))) == db.session.scalar(
            select(func.count()).where(AuditEntry.act == "limit")
        )
        return list(db.session.scalars(select(Alert.text).where(Alert.kind == limits.ALERT).order_by(Alert.id)))


def reveal(person, asset, path=STOREFRONT, **headers):
    data = {"csrf_token": person.token()}
    return person.raw("POST", f"{path}/{asset.id}/reveals", data=data, headers=headers)


def test_a_clerk_reveals_thirty_codes_in_a_morning(app, world, browse):
    carl = browse("carl")
    for asset in world.assets(30, "synchronized"):
        assert reveal(carl, asset).status_code == 200
    assert told(app) == []


def test_whoever_reveals_without_end_is_stopped_and_told(app, world, browse, uses):
    asset = world.asset("synchronized", code="TEST-ABCD-1234")
    carl = browse("carl")
    assert uses(world.carl, limits.REVEALED, 99) == 99
    assert "TEST-ABCD-1234" in reveal(carl, asset).get_data(as_text=True)
    for headers in ({}, {"HX-Request": "true"}):
        answer = reveal(carl, asset, **headers)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 24 * 3600
        text = answer.get_data(as_text=True)
        assert "Carl Ode can reveal at most 100 codes in a day, one by one. The limit is reset" in text
        assert "ABCD" not in text
    (alert,) = told(app)
    assert alert.startswith("Carl Ode of Brightwood Dental reached a daily limit.")
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(AuditEntry.act == "reveal")) == 1
    assert reveal(browse("cora"), asset).status_code == 200
    assert reveal(browse("dana"), asset, BSS).status_code == 200


def test_after_a_day_it_begins_anew(app, world, browse, uses):
    asset = world.asset("synchronized")
    assert uses(world.carl, limits.REVEALED, 101) == 100
    with app.app_context(), transaction():
        db.session.execute(update(Throttle).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert reveal(browse("carl"), asset).status_code == 200
    assert uses(world.carl, limits.REVEALED, 101) == 99


@pytest.mark.parametrize("budget", limits.BUDGETS, ids=lambda budget: budget.name)
def test_many_accounts_of_a_tree_are_one(app, world, uses, budget):
    """Customers that a partner makes for the purpose, with people of their own."""
    customers = [world.account(parent=world.partner) for _ in range(4)]
    people = [world.paula, *(world.user(customer, Role.ADMIN) for customer in customers)]
    each, together = budget.outside.person, budget.outside.tree
    cost = max(1, each // 10)
    got = [uses(person, budget, each // cost + 1, cost) for person in (*people, *people, world.carl, world.pavel)]
    assert max(got) == each // cost
    assert sum(got) == together // cost
    assert uses(world.rita, budget) == uses(world.remy, budget) == 1
    assert any("Northlight IT can" in text or ": Northlight IT can" in text for text in told(app))


def test_the_staff_has_more(world, uses):
    for budget in (limits.REVEALED, limits.LOOKED_UP):
        assert uses(world.dana, budget, cost=budget.outside.tree + 1) == 1
    assert uses(world.dana, limits.TAKEN, 50) == 50


def test_many_at_once_and_in_all_processes_take_no_more(app, world, settings):
    def take(place):
        each = (app, other)[place % 2]
        with each.app_context():
            try:
                limits.check(limits.TAKEN, by=db.session.get(User, world.carl.id))
            except BudgetSpent:
                return False
            return True

    with opened(settings) as other, ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(24))) == limits.TAKEN.outside.person
    assert len(told(app)) == 1


def test_a_file_with_codes_costs_its_codes(app, world, browse, uses):
    world.assets(3, "synchronized")
    world.asset("failed")
    carl = browse("carl")
    assert uses(world.carl, limits.EXPORTED, cost=9_995) == 1
    data = {"csrf_token": carl.token()}
    assert carl.raw("POST", f"{STOREFRONT}/exports", data=data).status_code == 200
    answer = carl.raw("POST", f"{STOREFRONT}/exports", data=data)
    assert answer.status_code == 429
    text = answer.get_data(as_text=True)
    assert "Carl Ode can export at most 10,000 whole codes in a day. This needs 3, and 2 are left." in text
    assert carl.raw("POST", f"{STOREFRONT}/exports?status=failed", data=data).status_code == 200
    assert carl.raw("GET", f"{STOREFRONT}?format=csv").status_code == 200
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(AuditEntry.act == "reveal")) == 3


def test_more_than_a_day_allows_is_said_at_once(world, browse, monkeypatch):
    monkeypatch.setattr(limits, "EXPORTED", limits.Budget("few", limits.EXPORTED.sentence, limits.Most(2, 9), None))
    world.assets(3, "synchronized")
    carl = browse("carl")
    answer = carl.raw("POST", f"{STOREFRONT}/exports", data={"csrf_token": carl.token()})
    assert "can export at most 2 whole codes in a day. These would be more. Narrow it down." in answer.text


def test_look_ups_at_bittitan_have_an_end(app, world, browse, uses, sandbox):
    paula = browse("paula")
    assert uses(world.paula, limits.LOOKED_UP, 50) == 50
    calls = len(sandbox.control.journal())
    page = paula.open("accounts.show", account_id=world.customer.id)
    answer = paula.ask(page, "Save & synchronize", bittitan_email="somebody@else.example")
    assert answer.status == 409
    assert "Paula Berg can look up at most 50 e-mail addresses at BitTitan in a day." in answer.text
    assert len(sandbox.control.journal()) == calls
    assert world.reload(world.customer).bittitan_email != "somebody@else.example"
