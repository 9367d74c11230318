"""The month below the work queue."""

import csv
import io
from datetime import timedelta

import pytest

from portal.core import clock
from portal.services.reports import keeping


@pytest.fixture
def sold(world, app):
    with app.app_context():
        today = clock.today()
        world.asset("synchronized", quantity=60, purchased_on=today)
        world.asset("synchronized", quantity=5, purchased_on=today, account=world.rival_customer)
        world.asset("failed", quantity=7, purchased_on=today)
        world.asset("failed", quantity=8, purchased_on=today.replace(day=1) - timedelta(days=3))
        keeping.catch_up()


def tiles(page) -> dict[str, object]:
    return {tile.select_one(".tile__name").get_text(strip=True): tile for tile in page.soup.select("#month .tile")}


def listed(person, href: str) -> int:
    text = person.raw("GET", f"{href}&format=csv").get_data(as_text=True)
    return len(list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))))


def test_each_number_of_the_month_opens_its_list(world, browse, sold):
    dana = browse("dana")
    page = dana.visit("/bss/")
    found = {name: tile.select_one(".tile__value").get_text(strip=True) for name, tile in tiles(page).items()}
    assert found == {"Sold": "3", "Delivered": "2", "Failed": "1", "Unredeemed": "2"}
    for name, tile in tiles(page).items():
        assert listed(dana, tile["href"]) == int(found[name])
    currencies = [row.select_one("th").get_text(strip=True) for row in page.soup.select("#month .beside tbody tr")]
    assert currencies == ["EUR", "USD"]
    first = page.soup.select_one("#month .beside tbody tr a")
    assert listed(dana, first["href"]) == 2


def test_the_chart_of_the_month_has_its_table(browse, sold):
    page = browse("dana").visit("/bss/")
    assert "3 sold, 2 delivered" in page.one("#month svg desc").get_text()
    (row,) = page.soup.select("#month details tbody tr")
    assert [cell.get_text(strip=True) for cell in row.select("td")] == ["3", "2", "1", "2"]


def test_another_month_is_a_link_away(browse, sold):
    dana = browse("dana")
    before = dana.visit("/bss/").one("#month a[rel=prev]")["href"]
    page = dana.visit(before)
    assert tiles(page)["Failed"].select_one(".tile__value").get_text(strip=True) == "1"
    assert page.one("#month a[rel=next]")
    for forged in ("2026", "2026-Q1", "1826-01", "x"):
        assert dana.visit(f"/bss/?month={forged}").status == 200


def test_a_poll_of_the_queue_does_not_read_the_month(browse, sold, sql):
    dana = browse("dana")
    headers = {"HX-Request": "true", "X-Poll": "1"}
    with sql() as statements:
        dana.raw("GET", "/bss/", headers=headers)
    assert not [each for each in statements if "figures" in each]
