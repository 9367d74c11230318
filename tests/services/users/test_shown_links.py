"""Links that were shown to whoever made them, and end with the right to make them."""

import pytest

from portal.core import tokens
from portal.extensions import db
from portal.models import Account, Role, User
from portal.services import accounts, users
from portal.services.accounts import account_merges
from portal.services.users import sign_in

pytestmark = pytest.mark.usefixtures("app_context")


def edit_paula(world, **changes) -> None:
    row = db.session.get(User, world.paula.id)
    values = {"email": row.email, "name": row.name, "role": row.role} | changes
    users.edit(row, version=row.version, by=world.dora, **values)


def move(world) -> None:
    row = db.session.get(Account, world.customer.id)
    accounts.edit(row, version=row.version, details={}, parent_id=world.rival.id, by=world.dana)


def merge(world) -> None:
    row, kept = db.session.get(Account, world.customer.id), db.session.get(Account, world.rival_customer.id)
    account_merges.merge(row, kept, versions=(row.version, kept.version), why="The same", by=world.dana)


LOSSES = {
    "disabled": lambda world: users.disable(world.paula, by=world.dora),
    "no administrator": lambda world: edit_paula(world, role=Role.VIEWER),
    "another address": lambda world: edit_paula(world, email="successor@partner.example"),
    "the account is disabled": lambda world: accounts.disable(world.partner, by=world.dora),
    "the customer moved": move,
    "the customer was merged": merge,
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_it_ends_with_the_right_of_who_saw_it(world, lose):
    """A person who leaves cannot come back as somebody else."""
    token = users.renew_link(world.carl, by=world.paula)
    mailed = tokens.digest("mailed")
    world.edit(world.carl, mailed_link_hash=mailed, mailed_link_expires_at=world.reload(world.carl).link_expires_at)
    own = users.renew_link(world.pavel, by=world.dora)
    assert sign_in.invited(token).id == world.carl.id
    lose(world)
    assert sign_in.invited(token) is None
    assert sign_in.invited("mailed").id == world.carl.id
    assert (sign_in.invited(own) is None) == (lose is LOSSES["the account is disabled"])


def test_a_newer_link_of_somebody_else_goes_on(world):
    users.renew_link(world.carl, by=world.paula)
    newer = users.renew_link(world.carl, by=world.dora)
    users.disable(world.paula, by=world.dora)
    assert sign_in.invited(newer).id == world.carl.id


def test_a_new_person_of_hers_is_invited_anew(world):
    made, token = users.create(
        account=world.customer, email="new@customer.example", name="Nia New", role=Role.VIEWER, by=world.paula
    )
    users.disable(world.paula, by=world.dora)
    assert sign_in.invited(token) is None
    assert sign_in.invited(users.renew_link(made, by=world.dora)).id == made.id
