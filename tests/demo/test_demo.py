"""The demo holds everything that can happen, and nothing that could not."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from portal import demo
from portal.core import clock
from portal.core.errors import Conflict
from portal.core.transaction import transaction
from portal.demo.password import password
from portal.demo.people import SIGN_IN_CUSTOMER, SIGN_IN_PARTNER
from portal.extensions import db
from portal.models import (
    Account,
    AccountKind,
    Asset,
    AssetRequest,
    AssetRequestState,
    Attempt,
    AttemptState,
    AuditEntry,
    Coupon,
    CouponStanding,
    Exchange,
    Hold,
    Job,
    JobKind,
    Lifecycle,
    Order,
    OrderState,
    PriceList,
    SyncStatus,
    Trigger,
    User,
)
from portal.services import catalog, watchdog
from portal.services.catalog import resolution
from portal.services.users import passwords
from tests.apps import opened
from tests.demo.conftest import ASSETS, NOW, coupons_in
from tests.dump import difference, dump
from tests.settings import make_settings

BELONGS = {
    SyncStatus.SYNCHRONIZING: {AttemptState.RESERVED, AttemptState.SENDING},
    SyncStatus.UNCONFIRMED: {AttemptState.UNKNOWN},
    SyncStatus.REVIEW: {AttemptState.REVIEW},
    SyncStatus.SYNCHRONIZED: {AttemptState.SUCCEEDED},
    SyncStatus.FAILED: {AttemptState.REFUSED, AttemptState.NOT_SENT, AttemptState.NOT_EXECUTED},
}
REFUSALS = {
    "AccountNotLinked", "CreditLimitExceeded", "ExpireDaysOutOfRange", "Forbidden", "InvalidRequest",
    "ProductSkuNotFound", "QuantityOutOfRange", "ValidationFailed",
}  # fmt: skip


def test_every_status_and_every_refusal_occurs(rows):
    assets, attempts = rows(Asset), rows(Attempt)

    assert len(assets) == ASSETS
    assert {asset.sync_status for asset in assets} == set(SyncStatus)
    assert {asset.lifecycle for asset in assets} == set(Lifecycle)
    assert {attempt.state for attempt in attempts} == set(AttemptState)
    assert {attempt.cause for attempt in attempts if attempt.state is AttemptState.REFUSED} == REFUSALS
    assert {attempt.trigger for attempt in attempts} >= {Trigger.ORDER, Trigger.PRESS, Trigger.SAVE, Trigger.ATTACH}
    assert {coupon.standing for coupon in rows(Coupon)} == set(CouponStanding)
    assert {coupon.status for coupon in rows(Coupon)} == {"Active", "Redeemed", "Expired", None}
    assert {request.state for request in rows(AssetRequest)} == set(AssetRequestState)
    open_ones = {request.asset_id: request.asked_at for request in rows(AssetRequest) if request.is_open}
    assert open_ones == {asset.id: asset.asked_at for asset in assets if asset.asked_at}
    assert any(not coupon.is_verified for coupon in rows(Coupon))


def test_each_asset_stands_where_its_last_attempt_left_it(rows):
    attempts = {}
    for attempt in rows(Attempt):
        attempts.setdefault(attempt.asset_id, []).append(attempt)
    recorded = {coupon.asset_id: coupon for coupon in rows(Coupon) if coupon.standing is CouponStanding.RECORDED}

    for asset in rows(Asset):
        own = attempts[asset.id]
        assert [attempt.number for attempt in own] == list(range(1, asset.attempts_made + 1))
        assert own[-1].state in BELONGS[asset.sync_status], asset.number
        assert not any(attempt.is_open for attempt in own[:-1])
        assert (asset.id in recorded) == (asset.sync_status is SyncStatus.SYNCHRONIZED), asset.number
        if asset.id not in recorded:
            assert asset.redeem_by == asset.purchased_on + timedelta(days=asset.expire_days)
        else:
            coupon = recorded[asset.id]
            assert asset.redeem_by == coupon.expires_at.date()
            assert asset.issued_at == coupon.issued_at
            assert coupon.quantity == asset.quantity
            assert (coupon.expires_at - coupon.issued_at).days == asset.expire_days


def test_what_was_asked_is_what_is_kept(rows):
    organizations = {account.id: account.organization_id for account in rows(Account)}
    assets = {asset.id: asset for asset in rows(Asset)}

    for attempt in rows(Attempt):
        asset, asked = assets[attempt.asset_id], json.loads(attempt.payload)
        assert asked["ExternalReference"] == asked["Label"] == asset.reference
        assert asked["OrganizationId"] == organizations[asset.billed_account_id]
        assert asked["Quantity"] == asset.quantity


def test_open_attempts_that_wait_are_in_the_work_queue(rows):
    due = {item.subject_id: item.due_at for item in rows(Job) if item.kind is JobKind.ADVANCE}
    open_ones = [attempt for attempt in rows(Attempt) if attempt.is_open and attempt.state is not AttemptState.REVIEW]

    assert {attempt.id: attempt.next_at for attempt in open_ones} == due
    assert watchdog.look() == []
    assert any(at > NOW + timedelta(minutes=90) for at in due.values()), "still being checked an hour later"
    evening = NOW.replace(hour=23, minute=40, second=0)
    assert any(at > evening for at in due.values()), "still being checked in the evening"


def test_orders_wait_for_each_that_can_be_waited_for(rows):
    orders = [order for order in rows(Order) if order.state is not OrderState.EXECUTED]
    assert {(order.state.value, order.hold and order.hold.value) for order in orders} == {
        ("draft", None), ("awaiting-approval", None), ("submitted", "credit"), ("submitted", "staff"),
        ("submitted", "start-date"),
    }  # fmt: skip
    later = next(order for order in orders if order.hold is Hold.START_DATE)
    assert [item.subject_id for item in rows(Job) if item.kind is JobKind.EXECUTE] == [later.id]
    over = next(order for order in orders if order.hold is Hold.CREDIT)
    payer = next(account for account in rows(Account) if account.id == over.billed_account_id)
    assert payer.reserved <= payer.credit_limit < payer.reserved + over.total


def test_the_tree_is_a_distributors(rows):
    accounts = {account.id: account for account in rows(Account)}
    kinds = Counter(account.kind for account in accounts.values())

    assert kinds == {AccountKind.DISTRIBUTOR: 1, AccountKind.PARTNER: 12, AccountKind.CUSTOMER: 152}
    assert any(account.is_disabled for account in accounts.values())
    assert {account.is_synchronized for account in accounts.values()} == {True, False}
    for asset in rows(Asset):
        account, payer = accounts[asset.account_id], accounts[asset.billed_account_id]
        assert payer.is_synchronized, "only a synchronized account can be billed"
        assert asset.branch_id == account.branch_id
        assert asset.currency == payer.currency
        assert payer.id == (account.branch_id if account.kind is AccountKind.CUSTOMER else account.id)
        assert account.created_at < asset.created_at
        assert account.disabled_at is None or asset.created_at < account.disabled_at


def test_the_customer_that_is_shown_sees_what_can_go_wrong(rows):
    shown = next(account for account in rows(Account) if account.name == SIGN_IN_CUSTOMER)
    own = {asset.sync_status for asset in rows(Asset) if asset.account_id == shown.id}

    assert own >= {SyncStatus.FAILED, SyncStatus.REVIEW, SyncStatus.UNCONFIRMED, SyncStatus.SYNCHRONIZED}


def test_nothing_happened_in_the_future_and_the_record_is_in_order(rows):
    entries = rows(AuditEntry)

    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    latest = NOW + timedelta(seconds=2)
    assert entries[-1].at <= latest
    assert all(exchange.at <= latest for exchange in rows(Exchange))
    assert all(attempt.settled_at is None or attempt.settled_at <= latest for attempt in rows(Attempt))
    assert [asset.created_at for asset in rows(Asset)] == sorted(asset.created_at for asset in rows(Asset))
    assert all(user.signed_in_at is None or user.signed_in_at <= latest for user in rows(User))


def test_codes_are_secret_in_all_that_is_kept_beside_them(rows):
    codes = {coupon.code for coupon in rows(Coupon)}
    kept = [f"{exchange.request} {exchange.response}" for exchange in rows(Exchange)]
    kept += [f"{entry.before} {entry.after} {entry.why}" for entry in rows(AuditEntry)]

    assert len(codes) > ASSETS * 0.7
    assert all(code.startswith("DEMO-") for code in codes)
    assert not [line for line in kept if "DEMO-" in line]


def test_the_sandbox_holds_the_same_coupons(rows, loaded):
    there = coupons_in(loaded.config["PORTAL"].sandbox_file)
    verified = [coupon for coupon in rows(Coupon) if coupon.is_verified]
    references = {coupon["ExternalReference"] for coupon in there.values()}

    for coupon in verified:
        twin = there[coupon.code]
        assert (twin["Id"], twin["Quantity"]) == (coupon.bittitan_id, coupon.quantity)
        assert twin["Status"] == coupon.status or twin["Status"] == "Expired" and coupon.read_at < coupon.expires_at
        assert datetime.fromisoformat(twin["ExpireDate"]) == coupon.expires_at
        assert twin["RedeemedDate"] is None or datetime.fromisoformat(twin["RedeemedDate"]) == coupon.redeemed_at
    lost = [asset for asset in rows(Asset) if asset.is_unsettled and asset.reference in references]
    assert lost, "some coupons wait to be found"
    assert len(there) == len(verified) + len(lost)


def test_price_lists_are_in_use_and_one_is_drafted(loaded):
    with loaded.app_context():
        day = clock.day_of(NOW)
        lists = PriceList.query.filter(PriceList.name.startswith("Partners")).order_by(PriceList.valid_from)
        assert [row.state_on(day).value for row in lists] == ["ended", "in-use", "draft"]
        partner = Account.query.filter_by(code=SIGN_IN_PARTNER).one()
        customer = Account.query.filter_by(parent_id=partner.id, currency=partner.currency).first()
        agreed = resolution.price_of(customer, catalog.product_named("BT-MAILBOX"), 1, day)
        assert (agreed.source, agreed.amount > agreed.list_price) == (resolution.Source.SELLER_LIST, True)


def test_ids_go_on_where_the_demo_ended(app_context):
    demo.load(assets=ASSETS, seed=1, now=NOW)
    last = db.session.scalars(db.select(Order).order_by(Order.id.desc())).first()
    with transaction():
        order = Order(
            key="one more", account_id=last.account_id, branch_id=last.branch_id,
            billed_account_id=last.billed_account_id, placed_at=NOW,
        )  # fmt: skip
        db.session.add(order)
        db.session.flush()
        assert order.id == last.id + 1


@pytest.mark.sqlite
def test_every_reference_leads_somewhere(loaded):
    with loaded.app_context():
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_it_goes_into_an_empty_database_only(loaded):
    before = dump(loaded)

    with loaded.app_context(), pytest.raises(Conflict):
        demo.load(assets=10, seed=2)

    assert difference(before, dump(loaded)) == []


def test_another_server_is_asked_to_buy_nothing(database_url, tmp_path):
    elsewhere = {"BITTITAN_URL": "http://127.0.0.1:9", "BITTITAN_EMAIL": "a@b.example", "BITTITAN_PASSWORD": "c"}
    settings = make_settings(database_url, tmp_path, **elsewhere)

    with opened(settings) as app, app.app_context():
        demo.load(assets=100, seed=1)
        assert not db.session.scalars(db.select(Attempt).where(Attempt.state == AttemptState.RESERVED)).all()
    assert not settings.sandbox_file.exists()


@pytest.mark.parametrize("number", [0, 1, 3, 40])
def test_a_few_assets_are_enough(app, number):
    with app.app_context():
        demo.load(assets=number, seed=-number)
        assert db.session.scalar(db.select(db.func.count(Asset.id))) == number


def test_everybody_has_the_one_password_of_this_installation(rows, loaded):
    user = next(user for user in rows(User) if user.email == "dana@meridian.example")
    assert passwords.matches(user.password_hash, password())
    assert (loaded.config["PORTAL"].data_dir / "demo-password").stat().st_mode & 0o777 == 0o600


def test_some_coupons_run_out_soon(rows):
    today = datetime.now(UTC).date()
    active = {coupon.asset_id for coupon in rows(Coupon) if coupon.status == "Active"}
    soon = today + timedelta(days=45)
    assert any(asset.id in active and today <= asset.redeem_by < soon for asset in rows(Asset))
