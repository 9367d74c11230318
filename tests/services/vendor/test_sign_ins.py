"""What a process keeps of a sign-in ends with what made it wrong, in every process: with the next sign-in that tells it
otherwise, or when a person connects again, wherever that is done.
"""

import time

import pytest

from portal.core import clock, errors
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Connection
from portal.providers.base import NotSent, Trace
from portal.services import vendor
from portal.services.vendor import breaker
from tests.proof.processes import Process, worker_beside
from tests.services.shop import Shop

FOREIGN = {"OrganizationId": "5b6f4c1e-0c1a-4a57-9c55-3f1d7a0e1bff"}


@pytest.fixture
def lies(sandbox):
    """`lies(2)`: the next two sign-ins are answered with another organisation."""

    def set_up(times: int | None) -> None:
        sandbox.control.fault("signIn", "lie", times=times, fields=FOREIGN)

    return set_up


def test_one_wrong_sign_in_stops_nothing(shop, work, sandbox, lies):
    sandbox.control.expire_tickets()
    lies(1)
    asset_id = shop.order()
    work.drain()
    assert (shop.status(asset_id), shop.connection().needs_person) == ("synchronized", False)
    assert len(sandbox.control.purchases()) == 1


def test_connecting_again_in_one_process_takes_effect_in_the_others(shop, sandbox, lies):
    with worker_beside(shop.app):
        first = shop.order()
        _wait(lambda: shop.status(first) == "synchronized")
        sandbox.control.expire_tickets()
        lies(3)  # after the 401, and when it is asked once more; and the worker keeps that one
        held = shop.order()
        _wait(lambda: shop.connection().needs_person)
        sandbox.control.clear_faults()
        assert shop.connection().cause == "OtherOrganization"

        shop.connect()
        _wait(lambda: shop.status(held) == "synchronized")
        assert not shop.connection().needs_person
    assert len(sandbox.control.purchases()) == 2


def test_a_ticket_of_before_ends_when_the_sign_in_was_moved_to_another_organisation(shop, work, sandbox, lies):
    """It would be taken for an hour yet. Who presses “Connect again” learns of it in a process of its own."""
    lies(None)

    def connect(_tell) -> str:
        try:
            return shop.connect()
        except errors.Conflict:
            return "refused"

    with Process(shop.app, connect) as person:
        assert person.result() == "refused"
    asset_id = shop.order()
    work.drain()
    assert (shop.status(asset_id), sandbox.control.purchases()) == ("synchronizing", [])
    assert (shop.connection().needs_person, shop.connection().cause) == (True, "OtherOrganization")

    sandbox.control.clear_faults()
    shop.connect()
    work.drain()
    assert shop.status(asset_id) == "synchronized"


def test_sign_ins_are_not_hammered_while_they_are_anothers(shop, sandbox, lies):
    sandbox.control.expire_tickets()
    lies(None)
    with shop.app.app_context():
        for _ in range(20):
            answer = vendor.provider().find_coupons("mrd-0", seller_id=vendor.seller_id())
            assert answer.cause == "OtherOrganization"
    assert len(sandbox.control.used_faults()) <= 3


def test_the_first_sign_in_is_believed_when_it_is_told_twice(app, world, work, lies):
    """The organisation of the first one stays for ever."""
    shop = Shop(app, world)
    lies(1)
    with pytest.raises(errors.Unavailable):
        shop.connect()
    assert shop.connection().organization_id is None
    assert shop.connect() != FOREIGN["OrganizationId"]


def test_what_was_under_way_when_a_person_connected_does_not_stop_it_again(shop):
    with shop.app.app_context():
        before = db.session.get(Connection, 1).generation
    shop.connect()
    with shop.app.app_context(), transaction():
        late = NotSent("OtherOrganization", "", Trace("", "", None, 0), needs_person=True, generation=before)
        breaker.pause_or_stop(lock(Connection, 1), late, clock.now())
    assert not shop.connection().needs_person


def test_connecting_ends_the_pause_of_an_open_breaker(shop, work, sandbox):
    sandbox.control.fault("createCoupon", "drop_before", times=5)
    for _ in range(5):
        shop.order()
    work.drain()
    held = shop.order()
    work.drain()
    assert (shop.connection().is_open, shop.status(held)) == (True, "synchronizing")
    shop.connect()
    work.drain()
    assert (shop.status(held), shop.connection().is_open) == ("synchronized", False)


def _wait(is_so, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)
