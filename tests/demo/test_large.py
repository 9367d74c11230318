"""What goes beyond the stories: plain, and as consistent as they are."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from portal import demo
from portal.demo.bulk.accounts import LARGEST, zipf
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
    Job,
    JobKind,
    Lifecycle,
    SyncStatus,
)
from portal.sqlite import JOURNAL, sqlite3
from tests import last_causes
from tests.apps import opened
from tests.demo.conftest import NOW, coupons_in
from tests.demo.test_demo import BELONGS
from tests.dump import difference, dump
from tests.settings import make_settings

LARGE = 3500


@pytest.fixture(scope="module")
def loaded(databases, tmp_path_factory) -> Iterator[Flask]:
    url = databases.create()
    with opened(make_settings(url, tmp_path_factory.mktemp("large"))) as app:
        with app.app_context():
            before = things()
            demo.load(assets=LARGE, seed=1, now=NOW)
            assert things() == before
        yield app
    databases.drop(url)


@pytest.fixture
def large(loaded) -> Iterator[Flask]:
    with loaded.app_context():
        yield loaded


def every(model) -> list:
    return list(db.session.scalars(select(model).order_by(model.id)))


def test_a_large_demo_holds_together(large):
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
    last_causes.check()
    the_record_is_in_order()
    the_sandbox_agrees(large.config["PORTAL"])


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
    due = {item.subject_id: item.due_at for item in every(Job) if item.kind is JobKind.ADVANCE}
    waiting = {AttemptState.RESERVED, AttemptState.SENDING, AttemptState.UNKNOWN}

    assert {attempt.id: attempt.next_at for attempt in every(Attempt) if attempt.state in waiting} == due


def test_it_is_the_same_each_time_and_what_comes_later_follows_on(large, databases, tmp_path):
    first = dump(large)
    with opened(make_settings(databases.create(), tmp_path)) as app:
        with app.app_context():
            demo.load(assets=LARGE, seed=1, now=NOW)
        second = dump(app)

    assert not [line for line in difference(first, second) if not line.startswith("users")]
    for model in (Account, Asset, Attempt, AuditEntry, Coupon, Job):
        assert next_id(model) == db.session.scalar(select(func.max(model.id))) + 1


def next_id(model) -> int:
    if db.engine.dialect.name == "sqlite":
        return db.session.scalar(select(func.max(text("rowid")) + 1).select_from(model))
    return db.session.scalar(select(func.nextval(func.pg_get_serial_sequence(model.__tablename__, "id"))))


def test_the_largest_partner_owns_fifteen_per_cent(large):
    shares = Counter(asset.branch_id for asset in every(Asset))

    assert 0.12 < shares.most_common(1)[0][1] / LARGE < 0.18


@pytest.mark.sqlite  # no database decides it: once is enough
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
    assert db.session.scalar(text("PRAGMA journal_mode")) == JOURNAL.lower()


@pytest.mark.sqlite
def test_the_search_is_as_if_each_row_had_entered_it_by_itself(large, databases):
    with closing(sqlite3.connect(databases.create().removeprefix("sqlite:///"))) as one_by_one:
        one_by_one.execute("ATTACH ? AS loaded", [db.engine.url.database])
        for name in ("accounts", "assets", "coupons"):
            one_by_one.execute(f"INSERT INTO main.{name} SELECT * FROM loaded.{name} ORDER BY id")
        assert schema(one_by_one, "loaded") == schema(one_by_one, "main")
        for index in ("search_assets", "search_codes", "search_accounts"):
            one_by_one.execute(f"INSERT INTO loaded.{index} ({index}) VALUES ('integrity-check')")
            assert entries(one_by_one, "loaded", index) == entries(one_by_one, "main", index) != set()


def schema(connection, name: str) -> set[tuple[str, ...]]:
    return set(connection.execute(f"SELECT type, name, tbl_name, sql FROM {name}.sqlite_master"))


def entries(connection, name: str, index: str) -> set[tuple]:
    """Each trigram with row, column and place."""
    connection.execute(f"CREATE VIRTUAL TABLE temp.{name}_{index} USING fts5vocab({name}, {index}, instance)")
    return set(connection.execute(f"SELECT * FROM temp.{name}_{index}"))


def test_an_interrupted_load_leaves_everything_as_it_was(app, monkeypatch):
    for module in (demo, demo.timeline):
        monkeypatch.setattr(module, "STORIES", 20)
    last = []

    def interrupt(said: str) -> None:
        """Where all is told, and neither indexes nor triggers are there again."""
        last.append(said)
        if not said[0].isdigit():
            raise KeyboardInterrupt

    with app.app_context():
        rows, there = dump(app), things()
        with pytest.raises(KeyboardInterrupt):
            demo.load(assets=40, seed=1, now=NOW, say=interrupt)
        assert last[-1].startswith("Building")
        assert (dump(app), things()) == (rows, there)


def things() -> set[str]:
    """Indexes, triggers and constraints. PostgreSQL writes the same condition of an index in several ways."""
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL",
        "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() "
        "UNION SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
        "UNION SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint",
    }
    return set(db.session.scalars(text(query[db.engine.dialect.name])))
