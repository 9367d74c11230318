"""The sums that are kept equal a full recount, after whatever changed, on both databases."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import AuditEntry, Coupon, Figure, FigureChange, FigureState, Job, JobKind, Lifecycle, SyncStatus
from portal.services.reports import checking, counting, keeping
from tests import build_figures
from tests.saved import now
from tests.services.reports import recount

DAYS = [date(2026, 1, 30) + timedelta(days=n) for n in range(4)]
"""Across the end of a month."""


@pytest.fixture
def drawn(request) -> random.Random:
    return random.Random(request.config.option.seed)


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


def some_assets(world, drawn, number: int = 25) -> list:
    accounts = [world.customer, world.partner, world.rival_customer, world.direct_customer]
    return [
        world.asset(
            drawn.choice(["failed", "synchronized", "synchronized", "synchronizing", "review"]),
            account=drawn.choice(accounts), product=drawn.choice([world.mailbox, world.bundle]),
            purchased_on=drawn.choice(DAYS), quantity=drawn.randint(1, 300),
        )
        for _ in range(number)
    ]  # fmt: skip


def of_payer(assets: list, payer) -> list:
    return [asset for asset in assets if asset.billed_account_id == payer.id]


def coupon_of(asset) -> Coupon:
    return db.session.scalar(select(Coupon).where(Coupon.asset_id == asset.id))


def agree() -> bool:
    keeping.catch_up()
    db.session.expire_all()
    assert recount.kept() == recount.counted()
    assert checking.check().differences == []
    return True


def test_they_equal_a_full_recount_after_every_change(world, drawn):
    assets, delivered = some_assets(world, drawn), world.assets(6, "synchronized")
    assert agree()
    assert recount.kept()
    open_ones = [asset for asset in assets if asset.sync_status is SyncStatus.SYNCHRONIZING] or [world.asset("failed")]
    changes = [
        lambda: some_assets(world, drawn, 3),  # executed
        lambda: world.edit(open_ones[0], sync_status=SyncStatus.FAILED),
        lambda: world.edit(delivered[0], lifecycle=Lifecycle.CANCELLED),
        lambda: world.edit(coupon_of(delivered[1]), redeemed_at=now()),
        lambda: world.edit(coupon_of(delivered[2]), status="Revoked"),
        lambda: world.edit(delivered[3], billed_account_id=world.rival.id),  # a merge
        lambda: world.edit(delivered[4], unit_price=None, currency=None),
        lambda: world.edit(delivered[5], imported_at=now()),
    ]
    for change in changes:
        before = recount.counted()
        change()
        db.session.expire_all()
        assert recount.counted() != before, "the change changes nothing that counts"
        assert agree()


def test_invoices_and_credit_notes_count_on_their_day(world, drawn):
    assets = of_payer(some_assets(world, drawn, 40), world.partner)[:4]
    keeping.catch_up()
    invoice = build_figures.bill(world, assets, DAYS[3])
    assert agree()
    first, second, *_ = build_figures.lines_of(world, invoice)
    build_figures.credit(world, invoice, {first.id: first.quantity, second.id: 1}, DAYS[3] + timedelta(days=40))
    assert agree()
    total = db.session.execute(
        select(func.sum(Figure.invoiced_amount), func.sum(Figure.credited_amount), func.sum(Figure.cost)).where(
            Figure.unit == "day", Figure.starts_on >= DAYS[3]
        )
    ).one()
    assert int(total[0]) == sum(asset.total for asset in assets)
    assert int(total[1]) == first.net + second.unit_price
    world.edit(invoice, billed_account_id=world.rival.id)  # a merge moves them
    assert agree()


def test_a_purchase_with_all_its_steps_is_counted(shop, work):
    """Through the services, as people and workers do it."""
    bought, other = shop.order(), shop.order(quantity=3)
    assert agree()
    work.drain()
    assert shop.status(bought) == "synchronized"
    assert agree()
    shop.cancel(other)
    work.drain()
    assert agree()
    sums = db.session.execute(
        select(func.sum(Figure.ordered_licences), func.sum(Figure.delivered_licences), func.sum(Figure.timed_assets))
        .where(Figure.unit == "month")
    ).one()  # fmt: skip
    assert tuple(map(int, sums[:2])) == (28, 25)


def test_nothing_is_written_where_nothing_changed(world, drawn):
    some_assets(world, drawn, 5)
    keeping.catch_up()
    version = keeping.state().version
    counted_at = keeping.state().counted_at
    assert not keeping.fold()
    assert keeping.state().counted_at > counted_at
    assert keeping.state().version == version + 1
    assert db.session.scalar(select(func.count()).select_from(FigureChange)) == 0


def test_what_others_wrote_meanwhile_is_counted_again(world, drawn, monkeypatch):
    """Two workers count one day: the one that is late must not write what it saw before."""
    world.assets(2, "synchronized", purchased_on=DAYS[0])
    real, calls = counting.of_days, []

    def of_days(days):
        found = real(days)
        if not calls:
            calls.append(1)
            db.session.commit()
            world.asset("synchronized", purchased_on=DAYS[0])
            keeping.fold()
        return found

    monkeypatch.setattr(counting, "of_days", of_days)
    assert agree()


def test_a_change_that_comes_while_it_is_counted_is_counted_next_time(world, monkeypatch):
    """Not at once: in a run of invoices that would keep the worker counting to its end."""
    world.assets(2, "synchronized", purchased_on=DAYS[0])
    real, calls = counting.of_days, []

    def of_days(days):
        found = real(days)
        if len(calls) < 5:
            calls.append(1)
            db.session.commit()
            world.asset("failed", purchased_on=DAYS[0])
        return found

    monkeypatch.setattr(counting, "of_days", of_days)
    assert keeping.step() > clock.now()
    assert len(calls) == 1
    monkeypatch.undo()
    assert db.session.scalar(select(func.count()).select_from(FigureChange)) > 0
    assert agree()


def test_check_finds_what_is_wrong_and_a_recount_mends_it(world, drawn):
    some_assets(world, drawn, 10)
    keeping.catch_up()
    with transaction():
        db.session.execute(update(Figure).where(Figure.unit == "month").values(seconds=Figure.seconds + 5))
        day = db.session.scalar(select(Figure.starts_on).where(Figure.unit == "day").limit(1))
        db.session.execute(delete(Figure).where(Figure.unit == "day", Figure.starts_on == day))
    found = checking.check().differences
    assert {each.unit.value for each in found} == {"day", "month"}
    keeping.ask_recount(by=world.dana)
    assert db.session.scalar(select(Job.id).where(Job.kind == JobKind.FIGURES))
    keeping.step()
    assert keeping.state().recounted_at is not None
    assert agree()
    assert db.session.scalar(select(AuditEntry.act).where(AuditEntry.subject == "figures")) == "recount"


def test_what_waits_to_be_counted_is_no_difference(world, drawn):
    some_assets(world, drawn, 5)
    result = checking.check()
    assert result.differences == []
    assert result.left_out > 0


def test_the_first_job_counts_all(world, drawn):
    some_assets(world, drawn, 5)
    assert db.session.get(FigureState, 1).counted_at is None
    keeping.step()
    assert db.session.get(FigureState, 1, populate_existing=True).counted_at is not None
    assert agree()
