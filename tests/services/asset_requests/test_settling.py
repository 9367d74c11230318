"""How requests end, on both databases: once, whoever is first, and each account's for itself."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.core import access
from portal.core.errors import Conflict
from portal.extensions import db
from portal.models import Asset, AssetRequest, AssetRequestState, Message, RequestEnd, User
from portal.services import asset_requests, assets, provisioning
from portal.services.accounts import account_merges
from portal.services.asset_requests import Asked, request_list
from tests.asset_requests import request
from tests.services.shop import at_once

OPEN, ANSWERED, CLOSED, DELIVERED = AssetRequestState


@pytest.fixture(autouse=True)
def in_context(app):
    with app.app_context():
        yield


def told() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(Message).order_by(Message.id))
    return [(row.event, row.recipient) for row in rows if row.event.startswith("request")]


def retried(world, work, asset) -> None:
    provisioning.request(asset, version=world.reload(asset).version, by=world.dana)
    work.drain()


def test_a_retry_that_brings_the_code_settles_what_all_accounts_asked(world, work):
    asset = world.asset("failed")
    carls, paulas = request(world, asset), request(world, asset, world.paula)
    retried(world, work, asset)

    assert world.code_of(asset)
    assert [world.reload(row).state for row in (carls, paulas)] == [DELIVERED, DELIVERED]
    assert world.reload(asset).asked_at is None
    assert sorted(told()) == [("request-delivered", world.carl.email), ("request-delivered", world.paula.email)]


def test_a_retry_that_fails_leaves_the_request_open(world, work, sandbox):
    asset = world.asset("failed")
    row = request(world, asset)
    sandbox.control.fault("createCoupon", "refuse")
    retried(world, work, asset)

    assert world.reload(row).state is OPEN
    assert world.reload(asset).asked_at == row.asked_at
    assert told() == []


def test_cancelling_the_asset_closes_the_request_with_that_reason(world):
    asset = world.asset("failed")
    row = request(world, asset)
    assets.cancel(asset, version=world.reload(asset).version, by=world.dana, reason="Ordered twice, says Müller")

    row = world.reload(row)
    assert (row.state, row.closed_because, row.answer) == (CLOSED, RequestEnd.CANCELLED, "")
    assert told() == [("request-closed", world.carl.email)]
    assert "Müller" not in db.session.scalar(select(Message.text).where(Message.event == "request-closed"))


def test_the_answer_to_one_account_leaves_the_other_waiting(world):
    asset = world.asset("failed")
    carls, paulas = request(world, asset), request(world, asset, world.paula)
    asset_requests.answer(carls, words="Soon.", remark="", version=1, by=world.dana)

    assert world.reload(paulas).is_open
    assert world.reload(asset).asked_at == paulas.asked_at
    asset_requests.answer(paulas, words="Soon.", remark="", version=1, by=world.dana)
    assert world.reload(asset).asked_at is None


def test_of_many_answers_at_once_one_counts(app, world):
    row = request(world)

    def answer() -> None:
        with app.app_context():
            asset_requests.answer(row, words="Soon.", remark="", version=1, by=db.session.get(User, world.dana.id))

    results = at_once(4, answer)
    assert sorted(str(type(each)) for each in results) == sorted([*([str(Conflict)] * 3), str(type(None))])
    assert len(told()) == 1


def test_many_who_ask_at_once_make_one_request(app, world):
    asset, words = world.asset("failed"), iter(["One", "Two", "Three", "Four"])

    def ask() -> Asked:
        with app.app_context():
            by = db.session.get(User, world.carl.id)
            return asset_requests.ask(access.visible_asset(by, asset.id), words=next(words), by=by)

    assert sorted(each.value for each in at_once(4, ask)) == ["added", "added", "added", "new"]
    (row,) = db.session.scalars(select(AssetRequest))
    assert sorted(row.words.split("\n\n")) == ["Four", "One", "Three", "Two"]


def test_the_database_keeps_one_open_request_for_each_account(world):
    asset = world.asset("failed")
    request(world, asset)
    with pytest.raises(IntegrityError):
        request(world, asset, world.cora)


def test_who_does_not_see_the_asset_any_more_is_told_nothing(world):
    asset = world.asset("failed")
    row = request(world, asset)
    with world.transaction():
        where = {"account_id": world.rival_customer.id, "branch_id": world.rival_customer.branch_id}
        db.session.execute(update(Asset).where(Asset.id == asset.id).values(**where))
    asset_requests.answer(row, words="Soon.", remark="", version=1, by=world.dana)
    assert told() == []


def test_a_merged_account_has_one_request_and_the_rest_move(world):
    twin = world.account(
        parent=world.partner, organization_id=world.customer.organization_id, currency=world.customer.currency
    )
    person, both, own = world.user(twin), world.asset("failed"), world.asset("failed")
    request(world, both)
    twice, moved = request(world, both, person), request(world, own, person)
    row, kept = (db.session.get(type(twin), each.id) for each in (twin, world.customer))
    account_merges.merge(row, kept, versions=(row.version, kept.version), why="Twice", by=world.dana)

    assert not world.reload(twice).is_open
    assert world.reload(moved).is_open
    assert {row.account_id for row in db.session.scalars(select(AssetRequest))} == {world.customer.id}


def test_the_list_is_for_the_staff_alone(world):
    request(world)
    rows = request_list.every(world.paula, request_list.Filters())
    assert db.session.execute(rows).all() == []
