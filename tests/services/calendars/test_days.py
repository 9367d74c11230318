"""What the calendar counts on each day, and for whom."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from portal.core.transaction import transaction
from portal.core.viewer import Tree
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Lifecycle
from portal.services import lists
from portal.services.calendars import days
from portal.services.calendars.days import Kind, Sum
from portal.services.lists.list_filters import Filters, Redeem
from tests import last_days
from tests.settings import make_settings

pytestmark = pytest.mark.usefixtures("app_context")
DUE, LAST = date(2027, 3, 10), date(2027, 3, 20)
MARCH = date(2027, 3, 1), date(2027, 3, 31)
LONG = {"expire_days": 900, "validity_days": 30}


@pytest.fixture
def settings(database_url, sandbox, tmp_path):
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), TIME_ZONE="Europe/Athens")


def with_code(world, quantity=10, *, coupon=None, **columns):
    asset = world.asset("synchronized", quantity=quantity, **({"redeem_by": DUE} | LONG | columns))
    if coupon:
        set_coupon(asset, **coupon)
    return asset


def set_coupon(asset, **columns):
    with transaction():
        coupon = db.session.query(Coupon).filter_by(asset_id=asset.id).one()
        for name, value in columns.items():
            setattr(coupon, name, value)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def used(**more):
    return {"coupon": {"status": "Redeemed", "redeemed_at": at(LAST - timedelta(days=30), 9)} | more}


def counted(viewer, *, within=None):
    return days.of_period(viewer, *MARCH, within=within)


def test_open_codes_and_redeemed_licences_count_and_nothing_else(world):
    with_code(world, 10)
    with_code(world, 5, imported_at=at(DUE, 1))
    with_code(world, 7, **used())
    with_code(world, 100, lifecycle=Lifecycle.CANCELLED)
    with_code(world, 100, lifecycle=Lifecycle.CANCELLED, **used())
    with_code(world, 100, coupon={"status": "Revoked"})
    with_code(world, 100, coupon={"status": "Redeemed"})  # on a day that nobody knows
    with_code(world, 100, redeem_by=date(2027, 4, 1))
    world.asset("failed", redeem_by=DUE, quantity=100, **LONG)
    assert counted(world.dana) == {DUE: {Kind.DUE: Sum(2, 15)}, LAST: {Kind.ENDS: Sum(1, 7)}}
    last_days.check()


def test_each_sees_its_own_tree(world):
    with_code(world, 1)
    with_code(world, 2, account=world.partner)
    with_code(world, 4, account=world.rival_customer)
    seen = {"dana": 7, "paula": 3, "carl": 1, "rita": None}
    for nick, licences in seen.items():
        here = counted(getattr(world, nick)).get(DUE, {}).get(Kind.DUE)
        assert (here and here.licences) == (4 if nick == "rita" and here else licences), nick
    assert counted(world.dana, within=Tree.of(world.partner))[DUE][Kind.DUE] == Sum(2, 3)
    upcoming = {nick: [(each.account_id, each.sum.licences) for each in days.upcoming(getattr(world, nick), DUE, 9)]
                for nick in ("dana", "paula", "carl")}  # fmt: skip
    customer, partner = world.customer.id, world.partner.id
    assert upcoming["dana"] == [(None, 7)]
    assert upcoming["paula"] == sorted([(customer, 1), (partner, 2)])
    assert upcoming["carl"] == [(customer, 1)]
    assert [each.account for each in days.upcoming(world.carl, DUE, 9)] == [world.customer.name]


def test_only_the_first_are_told_in_a_feed(world):
    for place in range(3):
        with_code(world, 1 + place, redeem_by=DUE + timedelta(days=place))
    assert [entry.day for entry in days.upcoming(world.carl, DUE, 2)] == [DUE, DUE + timedelta(days=1)]
    assert days.upcoming(world.carl, DUE + timedelta(days=3), 2) == []


@pytest.mark.parametrize(
    ("redeemed_at", "day"),
    [
        (datetime(2027, 3, 27, 21, 59, tzinfo=UTC), date(2027, 3, 27)),
        (datetime(2027, 3, 27, 22, 0, tzinfo=UTC), date(2027, 3, 28)),  # summer time begins on it
        (datetime(2027, 3, 28, 20, 59, tzinfo=UTC), date(2027, 3, 28)),
        (datetime(2027, 3, 28, 21, 0, tzinfo=UTC), date(2027, 3, 29)),
        (datetime(2027, 10, 30, 20, 59, tzinfo=UTC), date(2027, 10, 30)),
        (datetime(2027, 10, 31, 21, 59, tzinfo=UTC), date(2027, 10, 31)),  # it has 25 hours
        (datetime(2027, 10, 31, 22, 0, tzinfo=UTC), date(2027, 11, 1)),
    ],
)
def test_the_last_day_counts_from_the_distributors_day(world, redeemed_at, day):
    asset = with_code(world, coupon={"redeemed_at": redeemed_at}, validity_days=365)
    assert last_days.check()[asset.id] == (None, day + timedelta(days=365))


def test_the_days_follow_each_change(world):
    asset, other = with_code(world), world.asset("failed", **LONG)
    redeemed = at(LAST, 9)
    ends = LAST + timedelta(days=30)

    def has(*expected):
        assert last_days.check()[asset.id] == expected

    has(DUE, None)
    world.edit(asset, redeem_by=LAST)
    has(LAST, None)
    set_coupon(asset, redeemed_at=redeemed)
    has(None, ends)
    world.edit(asset, validity_days=31)
    has(None, ends + timedelta(days=1))
    set_coupon(asset, redeemed_at=None, status="Active")
    has(LAST, None)
    world.edit(asset, lifecycle=Lifecycle.CANCELLED)
    has(None, None)
    world.edit(asset, lifecycle=Lifecycle.ACTIVE)
    set_coupon(asset, confirmed_at=None)  # a confirmed one stays
    with transaction():
        db.session.execute(update(Coupon).where(Coupon.asset_id == asset.id).values(asset_id=other.id))
    has(None, None)
    assert last_days.check()[other.id] == (other.redeem_by, None)
    set_coupon(other, standing=CouponStanding.WITHDRAWN)
    assert last_days.check()[other.id] == (None, None)


def test_an_entry_counts_what_its_list_shows(world):
    with_code(world, 10)
    with_code(world, 3, coupon={"status": "Expired"})
    with_code(world, 5, account=world.rival_customer)
    with_code(world, 7, **used())
    with_code(world, 9, coupon={"status": "Revoked"})
    sums = counted(world.dana)
    of_lists = {
        (DUE, Kind.DUE): Filters(redeem=Redeem.UNREDEEMED, redeem_from=DUE, redeem_to=DUE),
        (LAST, Kind.ENDS): Filters(ends_from=LAST, ends_to=LAST),
    }
    for (day, kind), filters in of_lists.items():
        page = lists.page(world.dana, lists.Query(filters, sort="ends"), lists.count(world.dana, filters))
        assert Sum(len(page.rows), sum(row.quantity for row in page.rows)) == sums[day][kind]
    assert db.session.get(Asset, page.rows[0].id).ends_on == page.rows[0].ends_on == LAST
