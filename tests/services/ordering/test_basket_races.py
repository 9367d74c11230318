"""Several tabs of one basket: one orders while others still write."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.core.errors import Conflict, DomainError
from portal.extensions import db
from portal.models import Order, OrderLine, OrderState, User
from portal.services.ordering import drafts, submission
from portal.services.ordering.drafts import DraftInput, LineInput, draft_lines
from tests.services.shop import at_once

ROUNDS = 12


def add(world, by: User, basket: Order) -> None:
    drafts.add_to_basket(LineInput(world.bundle.id, 99), by=by)


def save(world, by: User, basket: Order) -> None:
    drafts.save(basket, DraftInput([LineInput(world.mailbox.id, 30)]), version=basket.version, by=by)


def discard(world, by: User, basket: Order) -> None:
    drafts.discard(basket, version=basket.version, by=by)


def submit(world, by: User, basket: Order) -> None:
    submission.submit(basket, version=basket.version, seen=[(1190, "EUR") for _ in basket.lines], by=by)


@pytest.fixture
def in_tab(app, world):
    """Calls it with the basket, as in a process of its own."""

    def call(act):
        with app.app_context():
            by = db.session.get(User, world.carl.id)
            basket = drafts.basket_of(by)
            return basket and act(world, by, basket)

    return call


@pytest.mark.parametrize("other", [add, save, discard])
def test_what_is_sent_is_what_was_seen(app, world, in_tab, other):
    for turn in range(ROUNDS):
        with app.app_context():
            drafts.add_to_basket(LineInput(world.mailbox.id, 25), by=db.session.get(User, world.carl.id))
        acts = [submit, other, other] if turn % 2 else [other, submit, other]
        outcomes = at_once(3, lambda acts=acts: in_tab(acts.pop()))
        assert not [each for each in outcomes if each is not None and not isinstance(each, DomainError)]
        with app.app_context():
            check_sent()
        in_tab(discard)


def check_sent() -> None:
    """Every order that was sent has just the lines that were counted and priced when it was sent."""
    lines, priced = func.count(OrderLine.id), func.count(OrderLine.unit_price)
    rows = select(Order.lines_count, lines, priced).join(OrderLine).where(Order.state != OrderState.DRAFT)
    for counted, stored, with_price in db.session.execute(rows.group_by(Order.id)):
        assert counted == stored == with_price


def test_the_first_line_of_a_basket_sent_several_times_at_once_is_one(app, world, in_tab):
    for turn in range(ROUNDS):
        line = LineInput(world.mailbox.id, 25, key=f"00000000-0000-4000-8000-{turn:012}")

        def add_it(line=line) -> None:
            with app.app_context():
                drafts.add_to_basket(line, by=db.session.get(User, world.carl.id))

        assert at_once(3, add_it) == [None] * 3
        with app.app_context():
            assert drafts.in_basket(db.session.get(User, world.carl.id)) == {world.mailbox.id: (1, 25)}
        in_tab(discard)


def test_one_form_of_staff_sent_several_times_at_once_makes_one_draft(app, world):
    for turn in range(ROUNDS):
        buyers = [world.customer.id, world.direct_customer.id, world.customer.id]

        def create(buyers=buyers, key=f"draft-{turn}") -> int:
            with app.app_context():
                draft = DraftInput([LineInput(world.mailbox.id, 25)])
                return drafts.create(buyers.pop(), draft, by=db.session.get(User, world.dana.id), key=key).id

        outcomes = at_once(3, create)
        made = {each for each in outcomes if isinstance(each, int)}
        assert len(made) == 1
        assert all(isinstance(each, Conflict) for each in outcomes if each not in made)


def test_a_refusal_of_the_database_is_met_at_most_twice(world, app_context, monkeypatch):
    met = []

    def refuse(*_args):
        met.append(1)
        raise IntegrityError("INSERT", {}, Exception("refused"))

    monkeypatch.setattr(draft_lines, "line_of", refuse)
    by = db.session.get(User, world.dana.id)
    with pytest.raises(IntegrityError):
        drafts.create(world.customer.id, DraftInput([LineInput(world.mailbox.id, 25)]), by=by, key="draft")
    with pytest.raises(IntegrityError):
        drafts.add_to_basket(LineInput(world.mailbox.id, 25), by=db.session.get(User, world.carl.id))
    assert len(met) == 4
