"""Links that hand one licence over: who may make, see and revoke them, and what opens them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.core import access, audit
from portal.core.errors import Conflict, NotVisible, TooMany
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Asset, AuditEntry, Coupon, CouponStanding, HandoverLink, Lifecycle, Throttle
from portal.services.handovers import making, opening
from portal.services.handovers.code_status import CodeStatus
from portal.services.handovers.making import LinkState
from tests.handovers import made, wrong

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.sqlite]


@pytest.fixture
def asset(world):
    return world.asset("synchronized", code="TEST-HAND-0001")


def opened(link, pin=None, address="10.0.0.1"):
    return opening.open_link(link.token, pin or link.pin, address=address)


def entries(asset, act="reveal"):
    rows = select(AuditEntry).where(
        AuditEntry.subject == "asset", AuditEntry.subject_id == asset.id, AuditEntry.act == act
    )
    return list(db.session.scalars(rows.order_by(AuditEntry.id)))


def shown(asset, viewer):
    return making.of_asset(access.visible_asset(viewer, asset.id), viewer)


def change(model, row_id, **columns):
    with transaction():
        row = db.session.get(model, row_id, populate_existing=True)
        for name, value in columns.items():
            setattr(row, name, value)


def test_link_and_pin_show_the_code_and_each_opening_is_recorded(world, asset):
    link = made(world, asset)
    for times in (1, 2):
        seen = opened(link)
        assert (seen.code, seen.code_status, seen.sender) == (
            "TEST-HAND-0001",
            CodeStatus.CODE,
            "Meridian Distribution",
        )
        assert [(entry.actor_id, entry.actor, entry.after) for entry in entries(asset)] == [
            (None, audit.HANDOVER, making.number(link.link))
        ] * times
    assert len(shown(asset, world.dana)[0].openings) == 2


def test_only_hashes_are_stored(world, asset):
    link = made(world, asset)
    row = db.session.get(HandoverLink, link.link.id)
    stored = [str(getattr(row, column.key)) for column in HandoverLink.__table__.columns]
    assert not any(link.token in text or link.pin == text for text in stored)
    assert row.pin_hash.startswith("$argon2id$")
    assert not any(link.pin in str(entry.after) for entry in entries(asset, "hand over"))


def test_the_opening_is_recorded_before_the_code_is_returned(world, asset, monkeypatch):
    link = made(world, asset)

    def fail(*_args, **_more):
        raise RuntimeError("the log is full")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(RuntimeError):
        opened(link)


def test_five_wrong_pins_close_it_and_the_right_one_comes_too_late(world, asset):
    link = made(world, asset)
    for _ in range(4):
        assert opened(link, wrong(link.pin)) is None
    assert shown(asset, world.dana)[0].state is LinkState.OPEN
    assert opened(link).code
    assert opened(link, wrong(link.pin)) is None
    assert opened(link) is None
    assert shown(asset, world.dana)[0].state is LinkState.CLOSED
    assert [entry.after for entry in entries(asset, "hand over") if entry.field == "closed"] == [
        making.number(link.link)
    ]


def test_a_right_pin_is_no_wrong_one(world, asset):
    link = made(world, asset)
    for turn in range(10):
        assert opened(link, address=f"10.0.1.{turn}").code
    assert db.session.get(HandoverLink, link.link.id, populate_existing=True).wrong_pins == 0


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "abcdef", "１２３４５６", "9" * 5000])
def test_what_is_no_pin_opens_nothing(world, asset, pin):
    link = made(world, asset)
    assert opening.open_link(link.token, pin, address="10.0.0.1") is None


def test_an_address_that_guesses_has_to_wait_whatever_it_guesses(world, asset):
    link = made(world, asset)
    for turn in range(20):
        assert opening.open_link(f"no-such-token-{turn}", "123456", address="10.0.0.9") is None
    with pytest.raises(TooMany):
        opened(link, address="10.0.0.9")
    assert opened(link, address="10.0.0.8").code


def test_opening_rightly_costs_an_address_nothing(world, asset):
    link = made(world, asset)
    for _ in range(25):
        assert opened(link, address="10.0.0.7").code
    assert db.session.get(Throttle, "guess/handover/10.0.0.7", populate_existing=True).hits == 0


def test_what_is_unknown_expired_revoked_or_closed_is_answered_alike(world, asset, monkeypatch):
    """Also with the same work: a PIN is compared each time, and the same statements are sent."""
    expired, revoked, closed = (made(world, asset) for _ in range(3))
    change(HandoverLink, expired.link.id, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    making.revoke(access.visible_asset(world.dana, asset.id), revoked.link.id, by=world.dana)
    change(HandoverLink, closed.link.id, wrong_pins=5, closed_at=datetime.now(UTC))
    compared = []
    matches = opening.passwords.matches
    monkeypatch.setattr(opening.passwords, "matches", lambda *given: compared.append(given) or matches(*given))
    before = entries(asset), entries(asset, "hand over")
    for token, pin in [("nothing", "123456"), *((link.token, link.pin) for link in (expired, revoked, closed))]:
        assert opening.open_link(token, pin, address=f"10.0.2.{len(compared)}") is None
    assert [known for known, _ in compared] == [None] * 4
    assert (entries(asset), entries(asset, "hand over")) == before


@pytest.mark.parametrize(
    ("columns", "of_coupon", "standing"),
    [
        ({"lifecycle": Lifecycle.CANCELLED}, {}, CodeStatus.CANCELLED),
        ({}, {"status": "Redeemed"}, CodeStatus.REDEEMED),
        ({}, {"redeemed_at": datetime(2026, 11, 1, tzinfo=UTC)}, CodeStatus.REDEEMED),
        ({}, {"status": "Revoked"}, CodeStatus.REVOKED),
        ({}, {"status": "Expired"}, CodeStatus.EXPIRED),
        ({}, {"disputed_at": datetime(2026, 11, 1, tzinfo=UTC)}, CodeStatus.NONE),
    ],
)
def test_it_says_why_there_is_no_code_now(world, asset, columns, of_coupon, standing):
    link = made(world, asset)
    change(Asset, asset.id, **columns)
    change(Coupon, link.link.coupon_id, **of_coupon)
    seen = opened(link)
    assert (seen.code, seen.code_status) == (None, standing)
    assert entries(asset) == []
    assert [entry.after for entry in entries(asset, "hand over") if entry.field == "opened"] == [
        f"{making.number(link.link)}, {standing.value}"
    ]
    with pytest.raises(Conflict):
        made(world, asset)


def test_another_code_of_the_asset_is_not_shown(world):
    asset = world.asset("synchronized", code="TEST-HAND-0002")
    link = made(world, asset)
    change(Coupon, link.link.coupon_id, is_verified=False, confirmed_at=None)
    change(Coupon, link.link.coupon_id, standing=CouponStanding.WITHDRAWN)
    with transaction():
        db.session.add(
            Coupon(
                code="TEST-HAND-0003", asset_id=asset.id, standing=CouponStanding.RECORDED,
                recorded_at=datetime.now(UTC),
            )
        )  # fmt: skip
    seen = opened(link)
    assert (seen.code, seen.code_status) == (None, CodeStatus.CHANGED)


def test_it_ends_when_the_account_moves_to_another_partner(world, asset):
    links = [made(world, asset, by=who) for who in (world.paula, world.carl, world.dana)]
    with transaction():
        customer = db.session.get(type(world.customer), world.customer.id, populate_existing=True)
        customer.parent_id, customer.branch_id = world.rival.id, world.rival.id
    of_paula, of_carl, of_dana = (opened(link) for link in links)
    assert of_paula is None
    assert of_carl.code
    assert of_dana.code
    states = {row.link.id: row.state for row in shown(asset, world.dana)}
    assert [states[link.link.id] for link in links] == [LinkState.ENDED, LinkState.OPEN, LinkState.OPEN]


@pytest.mark.parametrize("row", ["person", "account"])
def test_it_ends_with_whoever_made_it(world, asset, row):
    link = made(world, asset, by=world.paula)
    target = world.paula if row == "person" else world.partner
    change(type(target), target.id, disabled_at=datetime.now(UTC))
    assert opened(link) is None


def test_one_form_makes_one_link(world, asset):
    found, key = access.visible_asset(world.dana, asset.id), str(uuid.uuid4())
    values = {"key": key, "days": 7, "note": "", "by": world.dana}
    assert making.make(found, **values) is not None
    assert making.make(found, **values) is None
    assert len(shown(asset, world.dana)) == 1


def test_a_link_counts_as_a_revealed_code(world, asset):
    made(world, asset, by=world.carl)
    assert db.session.get(Throttle, f"limit/revealed codes/person/{world.carl.id}").hits == 1


def test_people_see_and_revoke_links_of_their_own_tree_only(world, asset):
    of_staff, of_partner, of_customer = (made(world, asset, by=who) for who in (world.dana, world.paula, world.carl))

    def ids(viewer):
        return [row.link.id for row in shown(asset, viewer)]

    assert ids(world.dora) == [of_customer.link.id, of_partner.link.id, of_staff.link.id]
    assert ids(world.pavel) == [of_customer.link.id, of_partner.link.id]
    assert ids(world.cora) == [of_customer.link.id]
    own = access.visible_asset(world.cora, asset.id)
    for other in (of_staff, of_partner):
        with pytest.raises(NotVisible):
            making.revoke(own, other.link.id, by=world.cora)
    assert making.revoke(own, of_customer.link.id, by=world.cora)
    assert not making.revoke(own, of_customer.link.id, by=world.cora)
    assert [opened(link) is None for link in (of_staff, of_partner, of_customer)] == [False, False, True]


def test_a_link_of_another_asset_is_not_revoked(world, asset):
    other = world.asset("synchronized")
    link = made(world, other)
    with pytest.raises(NotVisible):
        making.revoke(access.visible_asset(world.dana, asset.id), link.link.id, by=world.dana)
