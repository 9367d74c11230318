"""An account moves to another partner, or a person loses a right: no code is mailed to who may not see it any more."""

import pytest
from sqlalchemy import update

from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Account, Asset, Order, Role, User
from portal.services import accounts, ordering
from tests.saved import now


@pytest.fixture
def order(post):
    """Of 25 mailboxes for the customer, ordered by its partner, or by the staff."""

    def place(nick: str | None = "paula") -> int:
        world = post.world
        with post.app.app_context():
            line = {"account_id": world.customer.id, "product_id": world.mailbox.id, "quantity": 25, "name": ""}
            placed = ordering.place(key="an order", by=db.session.get(User, world.dana.id), **line)
            if nick is not None:
                with transaction():
                    db.session.execute(update(Order).values(placed_by_id=getattr(world, nick).id))
            return placed.lines[0].asset_id

    return place


def move(post) -> None:
    world = post.world
    with post.app.app_context():
        row, by = db.session.get(Account, world.customer.id), db.session.get(User, world.dana.id)
        accounts.edit(row, version=row.version, details={}, parent_id=world.rival.id, by=by, why="Changed its partner")


def disable(post) -> None:
    post.world.edit(post.world.paula, disabled_at=now())


def take_the_right(post) -> None:
    post.world.edit(post.world.paula, role=Role.VIEWER)


def who_got_the_code(post, server, asset_id: int) -> list[str]:
    code = post.world.code_of(post.world.find(Asset, asset_id))
    return [to for to, mail in server.taken if code in mail.get_body(("plain",)).get_content()]


def test_who_ordered_and_still_sees_it_gets_the_code(post, server, work, order):
    asset_id = order()
    work.drain()
    post.step()
    assert who_got_the_code(post, server, asset_id) == [post.world.paula.email]


@pytest.mark.parametrize("lose", [move, disable, take_the_right])
@pytest.mark.parametrize("when", ["before the code", "before the mail"])
def test_who_may_not_see_it_any_more_gets_no_code(post, server, work, order, when, lose):
    asset_id = order()
    if when == "before the code":
        lose(post)
    work.drain()
    if when == "before the mail":
        lose(post)
    post.step()
    assert post.world.paula.email not in who_got_the_code(post, server, asset_id)


@pytest.mark.parametrize("when", ["before the code", "before the mail"])
def test_the_contact_of_a_partner_that_it_left_gets_no_code(post, server, work, order, when):
    world = post.world
    world.edit(world.partner, contact_email="licences@partner.example")
    world.edit(world.customer, contact_email="")
    asset_id = order(None)
    if when == "before the code":
        move(post)
    work.drain()
    if when == "before the mail":
        move(post)
    post.step()
    assert "licences@partner.example" not in who_got_the_code(post, server, asset_id)


def test_who_lost_the_account_is_not_told_of_its_failure(post, server, work, order, sandbox):
    order()
    sandbox.control.fault("createCoupon", "refuse", times=5)
    move(post)
    work.drain()
    post.step()
    assert post.world.paula.email not in [to for to, _mail in server.taken]
