"""A year in fast time: each reminder exactly once, on its day, to whom it is for."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.extensions import db
from portal.models import Coupon, Lifecycle, ReminderProgress
from portal.services.reminders import writing
from tests.saved import now

FIRST = date(2031, 1, 1)
YEAR = [FIRST + timedelta(days=n) for n in range(365)]
STEPS = (30, 14, 7, 1)
PARTNERS = ("paula@partner.example", "pavel@partner.example", "penny@partner.example")
CUSTOMERS = ("carl@customer.example", "cora@customer.example", "cleo@customer.example")


def bought(world, due: date, days: int = 100, **columns):
    return world.asset("synchronized", purchased_on=due - timedelta(days=days), expire_days=days, **columns)


def coupon_of(world, asset, **columns):
    with world.transaction():
        row = db.session.query(Coupon).filter_by(asset_id=asset.id).one()
        for name, value in columns.items():
            setattr(row, name, value)


@pytest.fixture
def left_out(world) -> list:
    """Assets whose code runs out in the year, and of which nobody is told."""
    due = FIRST + timedelta(days=100)
    cancelled, redeemed, spent, stated, absent = (bought(world, due) for _ in range(5))
    world.edit(cancelled, lifecycle=Lifecycle.CANCELLED)
    coupon_of(world, redeemed, redeemed_at=datetime(2030, 1, 1, tzinfo=UTC))
    coupon_of(world, spent, status="Expired")
    coupon_of(world, stated, stated="redeemed")
    coupon_of(world, absent, absent_at=now())
    imported, failed = bought(world, due, imported_at=now()), world.asset("failed", redeem_by=due)
    return [cancelled, redeemed, spent, stated, absent, imported, failed]


def test_each_is_told_once_for_each_step_and_recipient(world, mornings, left_out):
    """Over both changes to and from summer time."""
    several = [bought(world, FIRST + timedelta(days=40 + 13 * n)) for n in range(25)]
    short, direct = (
        bought(world, date(2031, 5, 5), days=20),
        bought(world, date(2031, 3, 31), account=world.direct_customer),
    )
    world.edit(world.penny, disabled_at=now())
    for day in YEAR:
        mornings.morning(day)

    expected = [
        ("reminder", asset.id, address, asset.redeem_by - timedelta(days=step))
        for asset in [*several, short]
        for address in (*PARTNERS[:2], *CUSTOMERS)
        for step in STEPS
        if (asset, step) != (short, 30) and asset.redeem_by - timedelta(days=step) <= YEAR[-1]
    ] + [
        ("reminder", direct.id, world.direct_customer.contact_email, direct.redeem_by - timedelta(days=step))
        for step in STEPS
    ]
    assert Counter(mornings.told()) == Counter(expected)
    assert not {each.id for each in left_out} & {asset_id for _event, asset_id, *_ in mornings.told()}
    mails = mornings.mails()
    assert max(Counter((mail.recipient, mail.day) for mail in mails).values()) == 1
    assert all(mail.named == mail.about for mail in mails)
    assert {mail.event for mail in mails} == {"reminder", "reminders"}


def test_who_redeems_is_not_told_again_but_that_the_licences_end(world, mornings):
    asset = bought(world, date(2031, 3, 1), account=world.direct_customer, validity_days=60)
    for day in YEAR[:150]:
        if day == date(2031, 2, 10):
            coupon_of(world, asset, redeemed_at=datetime(2031, 2, 10, 12, tzinfo=UTC))
        mornings.morning(day)

    told = [(event, day) for event, _asset_id, _recipient, day in mornings.told()]
    assert told == [
        ("reminder", date(2031, 1, 30)),
        ("ending", date(2031, 3, 12)),
        ("ending", date(2031, 4, 4)),
    ]


def test_after_a_week_without_a_worker_only_the_nearest_step_is_written(world, mornings):
    ends = {left: date(2031, 6, 9) + timedelta(days=left) for left in (0, 1, 5, 8, 13, 20, 28)}
    assets = {left: bought(world, day, account=world.direct_customer) for left, day in ends.items()}
    mornings.morning(date(2031, 6, 2))
    before = len(mornings.told())
    mornings.morning(date(2031, 6, 9))

    told = sorted(asset_id for _event, asset_id, *_ in mornings.told()[before:])
    assert told == [assets[left].id for left in (1, 5, 8, 13, 28)]  # of 20 days the nearest step came before the week
    mornings.morning(date(2031, 6, 10))
    assert [asset_id for _event, asset_id, *_ in mornings.told()[before + 5 :]] == [assets[8].id]  # its step is today


def test_two_workers_at_once_write_each_reminder_once(app, world, mornings, monkeypatch):
    monkeypatch.setattr(writing, "BATCH", 3)
    day = date(2031, 6, 9)
    assets = [bought(world, day + timedelta(days=7)) for _ in range(10)]
    with app.app_context():
        mornings.move(writing.begins_at(day))
    together, faults = threading.Barrier(2), []

    def work():
        with app.app_context():
            together.wait()
            try:
                writing.step()
            except Exception as fault:
                faults.append(fault)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    expected = [("reminder", asset.id, address, day) for asset in assets for address in (*PARTNERS, *CUSTOMERS)]
    assert Counter(mornings.told()) == Counter(expected)


def test_a_part_that_is_written_twice_is_told_once(world, mornings):
    """As after a restore, or if its progress is lost."""
    day = date(2031, 6, 9)
    bought(world, day + timedelta(days=7))
    mornings.morning(day)
    with world.transaction():
        db.session.get(ReminderProgress, 1).through = day - timedelta(days=1)
    mornings.morning(day)
    assert len(mornings.told()) == 6
