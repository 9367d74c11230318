"""The lines of an order as a file: each reader gets the amounts that they may see, and no others."""

import csv
import io

import pytest

from portal.models import Order

pytestmark = pytest.mark.sqlite  # the view decides what is in it, not the database


def lines_of(person, area: str, order) -> list[dict[str, str]]:
    page = person.open(f"{area}.orders.show", order_id=order.id)
    answer = person.raw("GET", page.soup.select_one("a[download][href$='format=csv']")["href"])
    assert f'filename="{order.number}-' in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


PAID = ["Price each", "Total", "Currency"]
OF_CUSTOMERS = ["Customer’s price", "Customer pays", "Customer’s currency"]


@pytest.mark.parametrize(
    ("nick", "area", "amounts"),
    [
        ("dana", "bss", [*PAID, "Cost"]),
        ("paula", "storefront", [*PAID, *OF_CUSTOMERS]),
        ("carl", "storefront", PAID),
    ],
)
def test_each_reader_gets_their_amounts(world, browse, nick, area, amounts):
    (line,) = lines_of(browse(nick), area, world.waiting_order())
    assert list(line)[7:] == amounts
    paid = ("12.90", "322.50") if nick == "carl" else ("11.90", "297.50")
    assert (line["Price each"], line["Total"], line["Currency"]) == (*paid, "EUR")
    if nick == "paula":
        assert [line[name] for name in OF_CUSTOMERS] == ["12.90", "322.50", "EUR"]


def test_a_line_says_what_became_of_it(world, browse):
    asset = world.asset("synchronized", name="=1+1")
    order = world.find(Order, asset.order_id)
    for nick, area, status in (("dana", "bss", "Synchronized"), ("carl", "storefront", "Ready to redeem")):
        (line,) = lines_of(browse(nick), area, order)
        assert (line["Name"], line["For"], line["Number"]) == ("'=1+1", world.customer.name, asset.number)
        assert line["Status"] == status
