"""Billing > Reports: the numbers, whose they are, the lists that they open, and the files."""

import csv
import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Coupon, Lifecycle
from portal.services.reports import keeping
from tests import build_figures
from tests.saved import now

BSS, STOREFRONT = "/bss/reports", "/storefront/reports"
DAY = date(2026, 3, 10)
MARCH = "period=2026-03"


@pytest.fixture
def sold(world, app):
    """In March, for the partner: 100 delivered of which 40 are redeemed, 7 failed, 3 cancelled; and 5 for a rival in
    dollars. 100 are invoiced in April, 10 of them credited in May."""
    with app.app_context():
        kept = world.asset("synchronized", quantity=60, purchased_on=DAY)
        used = world.asset("synchronized", quantity=40, purchased_on=DAY)
        world.edit(db.session.scalar(select(Coupon).where(Coupon.asset_id == used.id)), redeemed_at=now())
        world.asset("failed", quantity=7, purchased_on=DAY, product=world.bundle)
        world.asset("synchronized", quantity=3, purchased_on=DAY, lifecycle=Lifecycle.CANCELLED)
        world.asset("synchronized", quantity=5, purchased_on=DAY, account=world.rival_customer)
        invoice = build_figures.bill(world, [kept, used], date(2026, 4, 2))
        line = build_figures.lines_of(world, invoice)[0]
        build_figures.credit(world, invoice, {line.id: 10}, date(2026, 5, 3))
        keeping.catch_up()
        return {"price": kept.unit_price, "currency": kept.currency}


def rows(page) -> dict[str, list[str]]:
    """The cells of each row, by its head."""
    found = {}
    for row in page.soup.select("section[aria-labelledby=products-title] tr"):
        cells = [cell.get_text(" ", strip=True) for cell in row.select("td")]
        if cells:
            found[row.select_one("th").get_text(" ", strip=True)] = cells
    return found


def table(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_staff_see_what_was_sold_by_product_and_billed_account(world, browse, sold):
    page = browse("dana").visit(f"{BSS}?{MARCH}&currency=EUR")
    found = rows(page)
    assert found[world.mailbox.name][:5] == ["103", "100", "0", "3", "60"]
    assert found[world.partner.name][:5] in (["103", "100", "", "3", "60"], ["7", "", "7", "", ""])
    assert found[world.bundle.name][:5] == ["7", "0", "7", "0", "0"]
    assert found["All in EUR"][:5] == ["110", "100", "7", "3", "60"]
    assert world.rival.name not in found
    assert "USD" in page.text


def test_each_number_opens_the_list_that_it_counts(world, app, browse, sold):
    """Also for a partner, whose list has more than it pays for."""
    with app.app_context():
        world.asset("synchronized", quantity=1000, purchased_on=DAY, billed_account=world.customer)
        keeping.catch_up()
    for nick, path in (("dana", BSS), ("paula", STOREFRONT)):
        person = browse(nick)
        page = person.visit(f"{path}?{MARCH}&currency=EUR")
        links = page.soup.select("section[aria-labelledby=products-title] a.drill[href*='/assets?']:not(:has(bdi))")
        assert len(links) >= 8
        for link in links:
            said = link.get_text(strip=True)
            listed = table(person.raw("GET", f"{link['href']}&format=csv"))
            licences = sum(int(each["Licences"]) for each in listed)
            assert f"{licences:,}" == said, (nick, link["href"])


def test_each_amount_opens_the_list_that_it_adds_up(world, app, browse, sold):
    """Also in a month in which something is invoiced and credited."""
    with app.app_context():
        other = world.asset("synchronized", quantity=8, purchased_on=date(2026, 5, 1))
        build_figures.bill(world, [other], date(2026, 5, 31))
        keeping.catch_up()
    for nick, path in (("dana", BSS), ("paula", STOREFRONT)):
        person = browse(nick)
        for month in ("2026-03", "2026-05"):
            page = person.visit(f"{path}?period={month}&currency=EUR")
            links = page.soup.select("section[aria-labelledby=products-title] a.drill:has(bdi[dir=ltr])")
            tiles = page.soup.select("a.tile[href*='/invoices?']")
            assert len(tiles) == 2
            assert len(links) > 2
            found = [(link["href"], link.get_text(strip=True)) for link in links]
            found += [(tile["href"], tile.select_one(".tile__amount").get_text().split(",")[0]) for tile in tiles]
            for href, said in found:
                listed = table(person.raw("GET", f"{href}&format=csv"))
                amounts = [Decimal(each["Net" if "/invoices?" in href else "Total"]) for each in listed]
                assert f"{abs(sum(amounts)):,.2f}" in said, (nick, month, href)


def test_tiles_open_their_lists_too(world, browse, sold):
    dana = browse("dana")
    page = dana.visit(f"{BSS}?{MARCH}&currency=EUR")
    tiles = {tile.select_one(".tile__name").get_text(strip=True): tile for tile in page.soup.select(".tile")}
    assert set(tiles) == {"Ordered", "Delivered", "Invoiced", "Credited", "Margin", "Unredeemed"}
    for name in ("Ordered", "Delivered", "Unredeemed"):
        listed = table(dana.raw("GET", f"{tiles[name]['href']}&format=csv"))
        said = tiles[name].select_one(".tile__value").get_text(strip=True)
        assert sum(int(each["Licences"]) for each in listed) == int(said)


def test_money_counts_on_the_day_of_the_invoice(world, browse, sold):
    dana = browse("dana")
    lines = {}
    for month in ("2026-03", "2026-04", "2026-05"):
        found = table(dana.raw("GET", f"{BSS}?period={month}&format=csv"))
        lines[month] = [each for each in found if each["Currency"] == "EUR" and each["Product"] == world.mailbox.name]
    price = sold["price"]
    amounts = {month: [(each["Invoiced"], each["Credited"]) for each in found] for month, found in lines.items()}
    full, part = f"{100 * price / 100:.2f}", f"{10 * price / 100:.2f}"
    assert amounts == {"2026-03": [("0.00", "0.00")], "2026-04": [(full, "0.00")], "2026-05": [("0.00", part)]}
    page = dana.visit(f"{BSS}?{MARCH}")
    assert "day of the invoice" in page.text
    assert "day of purchase" in page.text


def test_a_partner_sees_its_own_and_no_cost(world, browse, sold):
    paula, rita = browse("paula"), browse("rita")
    page = paula.visit(f"{STOREFRONT}?{MARCH}")
    assert rows(page)["All in EUR"][0] == "110"
    assert "Margin" not in page.text
    assert world.rival.name not in page.text
    heads = list(table(paula.raw("GET", f"{STOREFRONT}?{MARCH}&format=csv"))[0])
    assert not {"Cost", "Margin", "Billed account"} & set(heads)
    assert {"Cost", "Margin", "Billed account"} <= set(table(browse("dana").raw("GET", f"{BSS}?{MARCH}&format=csv"))[0])
    assert rows(rita.visit(f"{STOREFRONT}?{MARCH}"))["All in USD"][0] == "5"
    for forged in (f"account={world.rival.id}", f"account={world.customer.id}"):
        assert rows(paula.visit(f"{STOREFRONT}?{MARCH}&{forged}"))["All in EUR"][0] == "110"


def test_a_customer_that_is_not_billed_sees_licences_without_money(world, browse, sold):
    world.asset("synchronized", quantity=9, purchased_on=DAY, account=world.account(parent=world.partner))
    for query in (MARCH, f"{MARCH}&format=csv", f"{MARCH}&currency=EUR&chart=sold"):
        page = browse("carl").visit(f"{STOREFRONT}?{query}")
        assert [cell.get_text(strip=True) for cell in page.soup.select("tfoot td")] == ["110", "100", "7", "3", "60"]
        assert "EUR" not in page.text
        assert "€" not in page.text


def test_a_period_is_compared_with_the_one_before(world, app, browse, sold):
    with app.app_context():
        world.asset("synchronized", quantity=55, purchased_on=DAY - timedelta(days=28))
        keeping.catch_up()
    dana = browse("dana")

    def ordered(more: str) -> str:
        return dana.visit(f"{BSS}?{MARCH}&currency=EUR{more}").soup.select(".tiles li")[0].get_text()

    assert "+100.0\u00a0%" in ordered("")
    assert "%" not in ordered("&against=none")


def test_the_days_in_the_form_count_where_they_were_changed(browse, sold):
    dana = browse("dana")
    for query, licences in (
        ("period=days&from=2026-03-10&to=2026-03-10", "110"),
        ("from=2026-03-01&to=2026-03-31", "110"),
        ("period=2026-03&shown=2026-03&from=2026-03-11&to=2026-03-31", None),
        ("period=2026&shown=2026-03&from=2026-03-11&to=2026-03-31", "110"),
        ("period=2026-Q1", "110"),
    ):
        found = rows(dana.visit(f"{BSS}?{query}&currency=EUR"))
        assert found.get("All in EUR", [None])[0] == licences, query


FORGED = (
    "period=1826", "period=days", "period=days&from=0001-01-01&to=9999-12-31", "from=x&to=y", "product=0&account=x",
    "currency=euro", "product=999999", "account=999999", "chart=pie", "against=ever", "currency=QQQ",
)  # fmt: skip


def test_whatever_stands_in_the_address_is_answered(browse, sold):
    for nick, path in (("dana", BSS), ("paula", STOREFRONT), ("carl", STOREFRONT)):
        person = browse(nick)
        for query in FORGED:
            assert person.visit(f"{path}?{query}").status == 200


def test_the_chart_has_a_title_a_description_and_a_table(browse, sold):
    page = browse("dana").visit(f"{BSS}?period=2026-Q1&currency=EUR")
    chart = page.one("figure svg.chart--columns")
    assert chart.select_one("title").get_text()
    assert "March 2026: €" in chart.select_one("desc").get_text()
    assert "style" not in {name for element in chart.find_all(True) for name in element.attrs}
    lines = [row.get_text(" ", strip=True) for row in page.soup.select("figure tbody tr")]
    assert [line.split(" 2026")[0] for line in lines] == ["January", "February", "March"]


def test_a_workbook_has_the_same_numbers(browse, sold):
    data = browse("dana").raw("GET", f"{BSS}?{MARCH}&format=xlsx").get_data()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    sheet_rows = sheet.findall(".//{*}row")
    assert len(sheet_rows) == 4
    kinds = [cell.get("t", "n") for cell in sheet_rows[1]]
    assert kinds.count("n") >= 20


def test_a_recount_is_asked_for_and_the_page_says_as_of_when(app, browse, sold):
    dana = browse("dana")
    page = dana.visit(BSS)
    assert "As of" in page.text
    page = dana.submit(page, "Recount")
    assert "being counted again" in page.flash
    with app.app_context():
        keeping.step()
    assert "Everything was counted again" in dana.visit(BSS).text
    assert "Recount" not in browse("vera").visit(BSS).text


def test_before_the_first_count_the_page_says_so(browse):
    assert "Not counted yet" in browse("dana").visit(BSS).text
