"""Price lists as files: out, and in with a preview; what a partner earns; long lists."""

import csv
import io
from datetime import date, timedelta

import pytest

from portal.core import clock
from portal.extensions import db
from portal.models import PriceLine, PriceList, PriceListState
from portal.web.security.request_limits import MOST_FIELDS
from tests.files import form_with
from tests.page import Page, words

pytestmark = pytest.mark.sqlite  # what is saved is proved on both in tests/services: once is enough


@pytest.fixture
def today(app) -> date:
    with app.app_context():
        return clock.today()


@pytest.fixture
def priced(world):
    """`priced(list, (product, from, amount, discount), …)` adds lines."""

    def add(row: PriceList, *lines: tuple) -> PriceList:
        names = ("min_quantity", "amount", "discount")
        with world.transaction():
            db.session.add_all(
                PriceLine(list_id=row.id, product_id=product.id, **dict(zip(names, values, strict=True)))
                for product, *values in lines
            )
        return row

    return add


def lines(world, row: PriceList) -> set[tuple]:
    with world.app.app_context():
        rows = PriceLine.query.filter_by(list_id=row.id)
        return {(each.product_id, each.min_quantity, each.amount, each.discount) for each in rows}


AREAS = pytest.mark.parametrize(
    ("nick", "area", "seller"), [("dora", "bss.price_lists", "distributor"), ("paula", "storefront.prices", "partner")]
)


@AREAS
def test_an_export_is_there_already_and_fills_an_empty_list(browse, world, priced, nick, area, seller):
    world.edit(world.bundle, name="=1+1")
    given = [(world.mailbox, 1, 1090, None), (world.mailbox, 100, None, 1250), (world.bundle, 1, 0, None)]
    first, empty = priced(world.price_list(getattr(world, seller)), *given), world.price_list(getattr(world, seller))
    person = browse(nick)
    file = person.raw("GET", person.url(f"{area}.edit", list_id=first.id, format="csv")).data
    table = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
    assert table[0] == ["Code", "Product", "From licences", "Price", "Discount"]
    assert ["BT-MAILBOX", world.mailbox.name, "100", "", "12.5 %"] in table
    assert ["BT-BUNDLE", "'=1+1", "1", "0.00", ""] in table

    def sent(row: PriceList) -> Page:
        address = person.url(f"{area}.imports", list_id=row.id)
        form = form_with(file, "p.csv", csrf_token=person.token(), text="", numbers="", is_whole="y", act="check")
        return Page(person.raw("POST", address, **form), url=address, method="POST")

    assert "3 rows are there already" in sent(first).text
    preview = sent(empty)
    assert lines(world, empty) == set()
    assert person.submit(preview, "Save 3 rows").flash == "3 rows were saved."
    assert lines(world, empty) == lines(world, first)


def test_rows_change_add_and_remove_lines(browse, world, priced):
    row = priced(world.price_list(), (world.mailbox, 1, 1090, None), (world.mailbox, 50, 1000, None))
    dora = browse("dora")
    page = dora.open("bss.price_lists.imports", list_id=row.id)
    typed = {"text": "Code\tFrom\tPrice\nBT-MAILBOX\t\t9,50\nBT-BUNDLE\t10\t15 %\n", "numbers": "point"}
    kept = dora.submit(page, "Preview", **typed)
    assert "2 rows would be saved" in kept.text
    whole = dora.submit(kept, "Preview", is_whole="y")
    assert "3 rows would be saved" in whole.text
    assert dora.submit(whole, "Save 3 rows").flash == "3 rows were saved."
    assert lines(world, row) == {(world.mailbox.id, 1, 950, None), (world.bundle.id, 10, None, 1500)}


def test_a_faulty_row_is_left_out_and_then_nothing_is_removed(browse, world, priced):
    row = priced(world.price_list(), (world.mailbox, 1, 1090, None), (world.mailbox, 50, 1000, None))
    dora = browse("dora")
    page = dora.open("bss.price_lists.imports", list_id=row.id)
    text = "Code,From,Price\nBT-MAILBOX,1,9\nNOTHING,1,5\n"
    preview = dora.submit(page, "Preview", text=text, is_whole="y")
    assert "There is no product “NOTHING”." in preview.text
    assert dora.submit(preview, "Save 1 row, leave 1").flash == "1 row was saved. 1 row was left out."
    assert lines(world, row) == {(world.mailbox.id, 1, 900, None), (world.mailbox.id, 50, 1000, None)}


def test_a_preview_that_is_out_of_date_saves_nothing(browse, world, priced):
    row = priced(world.price_list(), (world.mailbox, 1, 1090, None))
    dora = browse("dora")
    page = dora.open("bss.price_lists.imports", list_id=row.id)
    preview = dora.submit(page, "Preview", text="Code,Price\nBT-MAILBOX,9")
    with world.transaction():
        PriceLine.query.filter_by(list_id=row.id).one().amount = 500
    refused = dora.submit(preview, "Save 1 row")
    assert refused.status == 409
    assert "€5.00" in refused.text
    assert lines(world, row) == {(world.mailbox.id, 1, 500, None)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Paste some rows, or choose a file."),
        ("Code,From\nBT-MAILBOX,1", "Code, and Price or Discount or both."),
        ("Price\n1", "These columns are missing: Code."),
        ("Code,Price,Discount\nBT-MAILBOX,1,2", "Write either a price or a discount."),
        ("Code,Price,Discount\nBT-MAILBOX,,", "Write either a price or a discount."),
        ("Code,Discount\nBT-MAILBOX,101", "Enter a discount from 0 to 100 %."),
        ("Code,Discount\nNO-PRICE,5", "There is no list price in EUR to take a discount from."),
        ('Code,Price\nBT-MAILBOX,"1,50"', "Choose how numbers are written"),
        ("Code,Price\nBT-MAILBOX,1.505", "“1.505”: "),
        ("Code,From,Price\nBT-MAILBOX,0,1", "is no whole number from 1"),
        ("Code,Price\nBT-MAILBOX,1\nBT-MAILBOX,2", "It is there twice."),
    ],
)
def test_what_cannot_be_read_says_why(browse, world, text, sentence):
    world.product("NO-PRICE")
    dora = browse("dora")
    page = dora.open("bss.price_lists.imports", list_id=world.price_list().id)
    assert sentence in dora.submit(page, "Preview", text=text).text


def test_a_list_in_use_takes_no_rows(browse, world, today):
    row = world.price_list(valid_from=today, used_at=world.partner.created_at)
    assert row.state_on(today) is PriceListState.IN_USE
    shown = browse("dora").open("bss.price_lists.imports", list_id=row.id)
    assert "It is in use, so it is not edited." in shown.flash


@pytest.fixture
def resold(world, priced, today):
    """Paula's list, on which one line is below what she pays from 100 licences on."""
    world.edit(world.mailbox.prices[0], cost=777)
    row = world.price_list(world.partner, valid_from=today, name="Ours")
    return priced(row, (world.mailbox, 1, 1785, None), (world.mailbox, 100, 1000, None), (world.bundle, 1, 1450, None))


def rows_of(page: Page) -> list[list[str]]:
    return [[words(cell) for cell in row.select("td.nowrap")] for row in page.soup.select("tbody tr")][:3]


def test_a_partner_sees_what_it_pays_and_earns(browse, world, resold):
    page = browse("paula").open("storefront.prices.edit", list_id=resold.id)
    heads = [words(head) for head in page.soup.select("thead")[0].select("th")]
    assert heads[4:] == ["Price", "List price", "Purchase price", "Margin", "Markup", "Before"]
    assert rows_of(page) == [
        ["17.85", "11.90", "11.90", "33.3 %", "50.0 %", "–"],
        ["10.00 below your purchase price", "11.90", "11.90", "−19.0 %", "−16.0 %", "–"],
        ["14.50", "14.50", "14.50", "0.0 %", "0.0 %", "–"],
    ]
    assert "7.77" not in page.body


def test_the_purchase_price_is_that_of_the_first_day_and_the_quantity(browse, world, resold, priced, today):
    begins = today + timedelta(days=30)
    theirs = priced(world.price_list(valid_from=begins), (world.mailbox, 100, 611, None))
    world.edit(resold, valid_from=begins)
    dora = browse("dora")
    shown = dora.open("bss.price_lists.edit", list_id=theirs.id)
    dora.submit(dora.submit(shown, "Assign", account="NORTH"), "Put it in use from its first day")
    page = browse("paula").open("storefront.prices.edit", list_id=resold.id)
    assert [row[2] for row in rows_of(page)] == ["11.90", "6.11", "14.50"]


def test_nobody_else_sees_what_the_partner_pays(browse, world, resold, priced, today):
    """6.11 stands on no page of a customer or of another partner."""
    dora, paula = browse("dora"), browse("paula")
    theirs = priced(world.price_list(valid_from=today), (world.mailbox, 1, 611, None))
    dora.submit(dora.open("bss.price_lists.edit", list_id=theirs.id), "Assign", account="NORTH")
    dora.submit(dora.open("bss.price_lists.edit", list_id=theirs.id), "Put it in use from its first day")
    shown = paula.submit(paula.open("storefront.prices.edit", list_id=resold.id), "Assign", account="BRIGHT")
    assert "6.11" in paula.submit(shown, "Put it in use from its first day").text
    asked = {"account": str(world.customer.id), "product": str(world.mailbox.id), "quantity": "1", "day": str(today)}
    assert "Margin of Northlight IT 65.8 %" in paula.open("storefront.prices.why", **asked).text
    for nick in ("carl", "rita"):
        person = browse(nick)
        for endpoint, values in (
            ("storefront.prices.edit", {"list_id": resold.id}),
            ("storefront.prices.edit", {"list_id": resold.id, "format": "csv"}),
            ("storefront.prices.imports", {"list_id": resold.id}), ("storefront.prices.why", asked),
            ("storefront.prices.index", {}), ("storefront.shop.index", {}),
        ):  # fmt: skip
            assert b"6.11" not in person.raw("GET", person.url(endpoint, **values)).data, (nick, endpoint)


def test_a_list_of_a_thousand_lines_is_opened_and_saved(browse, world, priced):
    products = [world.product(prices={"EUR": 1000}) for _each in range(20)]
    row = priced(world.price_list(), *((product, least, 900, None) for product in products for least in range(1, 51)))
    dora = browse("dora")
    page = dora.open("bss.price_lists.edit", list_id=row.id)
    assert len(page.body) < 1_500_000
    assert len(page.soup.select("table.sheet input")) > MOST_FIELDS
    assert dora.submit(page, "Save the draft", value_999="8").flash == "Saved."
    assert (products[19].id, 50, 800, None) in lines(world, row)
    assert len(lines(world, row)) == 1000
