"""What happens to accounts at the moment in which they are merged: nothing is left on the merged one."""

import uuid

import pytest
from sqlalchemy import select

from portal.core import access
from portal.core.errors import DomainError
from portal.core.transaction import read_committed
from portal.extensions import db
from portal.models import Account, Asset, User
from portal.services import accounts, ordering, users
from portal.services.accounts import account_merges
from portal.services.users import Role
from tests.services.shop import at_once

ROUNDS = 3


def together(app, *acts):
    """Carries all of them out at once, each in a context of its own. Returns who was refused."""
    left = list(acts)

    def one():
        act = left.pop()
        with app.app_context():
            act()

    outcomes = at_once(len(acts), one)
    strange = [each for each in outcomes if each is not None and not isinstance(each, DomainError)]
    assert not strange, strange
    return [each for each in outcomes if each is not None]


def merging(world, one, other):
    def act():
        row, kept = (db.session.get(Account, each.id) for each in (one, other))
        account_merges.merge(row, kept, versions=(row.version, kept.version), why="Twice", by=world.dana)

    return act


def twin(world, account):
    return world.account(account.kind.value, organization_id=account.organization_id)


def left_on_merged(app) -> list:
    with app.app_context():
        gone = select(Account.id).where(Account.merged_into_id.is_not(None))
        return [
            *db.session.scalars(select(Asset.id).where(Asset.account_id.in_(gone) | Asset.billed_account_id.in_(gone))),
            *db.session.scalars(select(User.id).where(User.account_id.in_(gone))),
            *db.session.scalars(select(Account.id).where(Account.parent_id.in_(gone))),
            *db.session.scalars(select(Account.id).where(Account.merged_into_id.in_(gone))),
        ]


def test_each_into_the_other(app, world):
    for _round in range(ROUNDS):
        one, other = world.account(), world.account()
        refused = together(app, merging(world, one, other), merging(world, other, one))
        assert len(refused) == 1
        assert left_on_merged(app) == []


def test_a_chain_at_once(app, world):
    for _round in range(ROUNDS):
        one, two, three = world.account(), world.account(), world.account()
        together(app, merging(world, one, two), merging(world, two, three))
        assert left_on_merged(app) == []


@pytest.mark.usefixtures("sandbox")
def test_an_order_for_the_merged_account(app, world):
    for _round in range(ROUNDS):
        one = twin(world, world.direct_customer)
        values = {"account_id": one.id, "product_id": world.mailbox.id, "quantity": 1, "name": "", "by": world.dana}

        def order(values=values):
            ordering.place(key=str(uuid.uuid4()), **values)

        together(app, merging(world, one, world.direct_customer), order, order)
        assert left_on_merged(app) == []


def test_a_customer_and_a_person_who_come_to_the_merged_partner(app, world):
    for _round in range(ROUNDS):
        partner, moved = twin(world, world.partner), world.account()

        def move(moved=moved, partner=partner):
            row = db.session.get(Account, moved.id)
            accounts.edit(row, version=row.version, details={}, parent_id=partner.id, by=world.dana)

        def invite(partner=partner):
            account = access.visible_account(world.dora, partner.id)
            email = f"{uuid.uuid4()}@example.example"
            users.create(account=account, email=email, name="New", role=Role.VIEWER, by=world.dora)

        together(app, merging(world, partner, world.partner), move, invite)
        assert left_on_merged(app) == []


@pytest.fixture
def free_at_the_first_lock(world, monkeypatch):
    """Which of the given accounts somebody else could still lock when a module locks its first single row."""

    def watch(module, account_ids):
        free, lock = set(), module.lock

        def watched(model, row_id):
            monkeypatch.setattr(module, "lock", lock)
            for account_id in account_ids:
                query = select(Account.id).where(Account.id == account_id).with_for_update(skip_locked=True)
                if read_committed(query) is not None:
                    free.add(account_id)
            return lock(model, row_id)

        monkeypatch.setattr(module, "lock", watched)
        return free

    return watch


@pytest.mark.postgresql
def test_all_accounts_of_a_merge_are_locked_in_one_order(app, world, free_at_the_first_lock):
    """As orders lock a payer and its customer, which would deadlock with any other order."""
    partner = twin(world, world.partner)
    customers = [world.account(parent=partner) for _ in range(2)]
    free = free_at_the_first_lock(account_merges, [partner.id, world.partner.id, *(each.id for each in customers)])
    assert together(app, merging(world, partner, world.partner)) == []
    assert free == set()


@pytest.mark.postgresql
def test_both_accounts_of_a_move_are_locked_in_one_order(app, world, free_at_the_first_lock):
    moved = world.account()
    free = free_at_the_first_lock(accounts, [moved.id, world.partner.id])

    def move():
        row = db.session.get(Account, moved.id)
        accounts.edit(row, version=row.version, details={}, parent_id=world.partner.id, by=world.dana)

    assert together(app, move) == []
    assert free == set()
