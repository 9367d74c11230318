"""The calendar as a page, and the list of licences that end with whom the portal will tell."""

from datetime import date, timedelta

import pytest

from portal.core import clock
from portal.display.lists.list_address import add_months
from portal.extensions import db
from portal.models import Coupon
from tests.web.test_exports import column, table

pytestmark = pytest.mark.sqlite
BSS, STOREFRONT = "/bss/billing", "/storefront/billing"


@pytest.fixture
def next_month(app):
    with app.app_context():
        return add_months(clock.today().replace(day=1), 1)


def redeemed(world, ends_on: date, **columns):
    """An asset whose licences end on that day."""
    asset = world.asset("synchronized", validity_days=100, **columns)
    with world.transaction():
        coupon = db.session.query(Coupon).filter_by(asset_id=asset.id).one()
        coupon.redeemed_at = clock.datetime(ends_on.year, ends_on.month, ends_on.day, 12, tzinfo=clock.UTC)
        coupon.redeemed_at -= timedelta(days=100)
    return asset


def entries(page):
    return [link.get_text() for link in page.soup.select(".month__entry")]


def test_a_month_leads_to_exactly_what_it_counts(world, browse, next_month):
    dana, day = browse("dana"), next_month + timedelta(days=4)
    world.asset("synchronized", redeem_by=day, quantity=1200)
    world.asset("synchronized", redeem_by=day + timedelta(days=1), quantity=3)
    asset = redeemed(world, day, quantity=7)
    page = dana.press(dana.visit(f"{BSS}/calendar"), "Next month")
    assert entries(page) == ["1,200 licences to redeem", "7 licences end", "3 licences to redeem"]
    assert "1,203 licences to redeem in 2 assets" in page.text
    assert asset.number in dana.press(page, "7 licences end").rows[0]
    assert len(dana.press(page, "1,200 licences to redeem").rows) == 1
    assert len(dana.press(page, "1,203 licences to redeem").rows) == 2
    assert entries(dana.press(page, "Previous month")) == []


def test_it_can_be_of_one_account(world, browse, next_month):
    dana, month = browse("dana"), f"{next_month:%Y-%m}"
    world.asset("synchronized", redeem_by=next_month, quantity=1)
    world.asset("synchronized", redeem_by=next_month, quantity=4, account=world.rival_customer)
    page = dana.press(dana.visit(f"/accounts/{world.rival_customer.id}"), "Expiry calendar")
    assert entries(dana.press(page, "Next month")) == ["4 licences to redeem"]
    assert entries(browse("paula").visit(f"{STOREFRONT}/calendar?month={month}")) == ["1 licence to redeem"]
    assert entries(browse("carl").visit(f"{STOREFRONT}/calendar?month={month}")) == ["1 licence to redeem"]
    assert entries(browse("rita").visit(f"{STOREFRONT}/calendar?month={month}")) == ["4 licences to redeem"]
    for account in (world.rival_customer.id, 2**31 - 1, "x"):
        assert browse("paula").raw("GET", f"{STOREFRONT}/calendar?account={account}").status_code == 404


@pytest.mark.parametrize("month", ["", "2027-13", "1999-01", "2027-1", "x", "٢٠٢٧-٠١"])
def test_what_is_no_month_is_this_one(browse, month):
    page = browse("dana").visit(f"{BSS}/calendar?month={month}")
    assert page.one(".month__day--today")


@pytest.mark.parametrize(("month", "missing"), [("2000-01", "Previous month"), ("2099-12", "Next month")])
def test_there_is_a_first_and_a_last_month(browse, month, missing):
    assert missing not in browse("dana").visit(f"{BSS}/calendar?month={month}").links


def test_the_list_says_whom_we_will_tell_and_its_file_the_same(world, browse, next_month):
    ours = redeemed(world, next_month + timedelta(days=9))
    first = redeemed(world, next_month, account=world.partner)
    imported = redeemed(world, next_month, imported_at=clock.datetime.now(clock.UTC))
    redeemed(world, next_month, account=world.rival_customer)
    redeemed(world, add_months(next_month, 1))
    of_carl = [person.email for person in (world.carl, world.cora, world.cleo)]
    of_paula = [person.email for person in (world.paula, world.pavel, world.penny)]
    world.edit(world.cleo, password_hash=None)
    world.edit(world.penny, disabled_at=clock.datetime.now(clock.UTC))
    told = {ours.id: {*of_carl[:2], *of_paula[:2]}, first.id: set(of_paula[:2]), imported.id: set()}
    for nick, path in (("paula", STOREFRONT), ("dana", BSS)):
        person = browse(nick)
        page = person.press(person.visit(f"{path}/calendar"), "Licences that end next month")
        shown = {int(row["data-asset-id"]): row.get_text(" ") for row in page.soup.select("tr[data-asset-id]")}
        lines = table(person.raw("GET", f"{path}/assets?ends=next-month&sort=ends&format=csv"))
        numbers = [f"AS-{asset_id}" for asset_id in shown]
        assert column(lines, "Number") == numbers
        addresses = dict(zip(numbers, column(lines, "Will be told"), strict=True))
        for asset_id, expected in told.items():
            assert set(filter(None, addresses[f"AS-{asset_id}"].split(", "))) == expected
            assert all(address in shown[asset_id] for address in expected)
        assert "Imported: nobody" in shown[imported.id]
        assert column(lines, "Ends on")[-1] == (next_month + timedelta(days=9)).isoformat()
        assert len(shown) == (3 if nick == "paula" else 4)
    assert person.raw("GET", f"{path}/assets?ends=next-month&format=xlsx").status_code == 200


def test_who_sees_no_people_sees_no_addresses(world, browse, next_month):
    redeemed(world, next_month)
    for nick, sees in (("cora", True), ("carl", False), ("pavel", False)):
        page = browse(nick).visit(f"{STOREFRONT}/assets?ends=next-month&columns=contacts")
        assert len(page.rows) == 1
        assert (world.carl.email in page.body) is sees
        assert world.paula.email not in page.body
