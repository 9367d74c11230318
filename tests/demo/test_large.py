"""What goes beyond the stories: plain, and as consistent as they are."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, inspect, select, text

from portal import demo
from portal.demo.crowd import LARGEST, zipf
from portal.extensions import db
from portal.models import (
    OPEN_STATES,
    Account,
    AccountKind,
    Asset,
    Attempt,
    AttemptState,
    AuditEntry,
    Coupon,
    CouponStanding,
    Lifecycle,
    SyncStatus,
    WorkItem,
)
from tests.apps import opened
from tests.demo.conftest import NOW, coupons_in
from tests.demo.test_demo import BELONGS
from tests.dump import difference, dump
from tests.settings import make_settings

LARGE = 3500


@pytest.fixture
def large(app):
    with app.app_context():
        before = indexes()
        demo.load(assets=LARGE, seed=1, now=NOW)
        assert indexes() == before
        yield app


def indexes() -> set[tuple[str, str]]:
    found = inspect(db.engine)
    return {(table, index["name"]) for table in found.get_table_names() for index in found.get_indexes(table)}


def every(model) -> list:
    return list(db.session.scalars(select(model).order_by(model.id)))


def test_a_large_demo_holds_together(large, settings):
    assets, attempts = every(Asset), {}
    for attempt in every(Attempt):
        attempts.setdefault(attempt.asset_id, []).append(attempt)
    accounts = {account.id: account for account in every(Account)}
    recorded = {coupon.asset_id: coupon for coupon in every(Coupon) if coupon.standing is CouponStanding.RECORDED}

    assert len(assets) == LARGE
    assert {asset.sync_status for asset in assets if asset.is_active} == set(SyncStatus)
    assert {asset.sync_status for asset in assets if asset.lifecycle is Lifecycle.CANCELLED} == {SyncStatus.FAILED}
    for asset in assets:
        own, account, payer = attempts[asset.id], accounts[asset.account_id], accounts[asset.billed_account_id]
        assert [attempt.number for attempt in own] == list(range(1, asset.attempts_made + 1))
        assert own[-1].state in BELONGS[asset.sync_status], asset.number
        assert not any(attempt.state in OPEN_STATES for attempt in own[:-1])
        asked = json.loads(own[-1].payload)
        assert asked["ExternalReference"] == asset.reference
        assert asked["OrganizationId"] == payer.organization_id is not None
        assert account.created_at < asset.created_at
        assert payer.id == (asset.branch_id if account.kind is AccountKind.CUSTOMER else account.id)
        assert (asset.id in recorded) == (asset.sync_status is SyncStatus.SYNCHRONIZED), asset.number
        if asset.id in recorded:
            assert asset.redeem_by == recorded[asset.id].expires_at.date()
            assert asset.issued_at == recorded[asset.id].issued_at
        else:
            assert asset.redeem_by == asset.purchased_on + timedelta(days=asset.expire_days)
    the_record_is_in_order()
    the_sandbox_agrees(settings)


def the_record_is_in_order():
    for model, at in ((AuditEntry, AuditEntry.at), (Asset, Asset.created_at)):
        instants = list(db.session.scalars(select(at).order_by(model.id)))
        assert instants == sorted(instants)
        assert instants[-1] <= NOW + timedelta(seconds=2)
    turns = select(AuditEntry.subject_id, AuditEntry.after).where(AuditEntry.field == "sync_status")
    last = dict(db.session.execute(turns.order_by(AuditEntry.id)).all())
    assert {asset.id: asset.sync_status.value for asset in every(Asset) if asset.id in last} == last


def the_sandbox_agrees(settings):
    there = coupons_in(settings.sandbox_file)
    for coupon in every(Coupon):
        if coupon.is_verified:
            twin = there[coupon.code]
            assert (twin["Id"], twin["ExternalReference"]) == (coupon.bittitan_id, coupon.reference)
            assert twin["Status"] == coupon.status or twin["Status"] == "Expired" and coupon.read_at < coupon.expires_at


def test_what_is_open_waits_in_the_work_queue(large):
    due = {item.subject_id: item.due_at for item in every(WorkItem)}
    waiting = {AttemptState.RESERVED, AttemptState.SENDING, AttemptState.UNKNOWN}

    assert {attempt.id: attempt.next_at for attempt in every(Attempt) if attempt.state in waiting} == due


def test_it_is_the_same_each_time_and_what_comes_later_follows_on(large, databases, tmp_path):
    first = dump(large)
    with opened(make_settings(databases.create(), tmp_path)) as app:
        with app.app_context():
            demo.load(assets=LARGE, seed=1, now=NOW)
        second = dump(app)

    assert not [line for line in difference(first, second) if not line.startswith("users")]
    for model in (Account, Asset, Attempt, AuditEntry, Coupon, WorkItem):
        assert next_id(model) == db.session.scalar(select(func.max(model.id))) + 1


def next_id(model) -> int:
    if db.engine.dialect.name == "sqlite":
        return db.session.scalar(select(func.max(text("rowid")) + 1).select_from(model))
    return db.session.scalar(select(func.nextval(func.pg_get_serial_sequence(model.__tablename__, "id"))))


def test_the_largest_partner_owns_fifteen_per_cent(large):
    shares = Counter(asset.branch_id for asset in every(Asset))

    assert 0.12 < shares.most_common(1)[0][1] / LARGE < 0.18


@pytest.mark.parametrize("count", [13, 150, 612, 1400])
def test_partners_share_by_zipfs_law(count):
    shares = zipf(count)

    assert shares[0] == LARGEST
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(0.9, abs=0.001)


@pytest.mark.sqlite
def test_the_file_is_whole_and_has_its_log_again(large):
    assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
    assert db.session.scalar(text("PRAGMA journal_mode")) == "wal"
