"""The columns of lists: one entry is a head, cells, their label on a phone, and a place in each file."""

import csv
import io

import pytest

from portal.core.i18n import lazy
from portal.display.lists import asset_columns
from portal.display.lists.columns import Column, Kind

pytestmark = pytest.mark.sqlite  # what is read of the database is proved elsewhere


@pytest.mark.parametrize("nick, path", [("dana", "/bss/billing/assets"), ("carl", "/storefront/billing/assets")])
def test_a_new_column_is_one_entry(world, browse, monkeypatch, nick, path):
    new = Column("version", lazy("Version"), "version", Kind.NUMBER, lists=asset_columns.ALL)
    monkeypatch.setattr(asset_columns, "COLUMNS", (*asset_columns.COLUMNS, new))
    world.edit(world.asset("synchronized"), version=1234)
    person = browse(nick)
    page = person.visit(path)
    head = page.soup.select("thead th")[-1]
    assert (head.get_text(), head["class"], head.select("a")) == ("Version", ["num"], [])
    cell = page.soup.select("tbody tr:first-child td")[-1]
    assert (cell.get_text(), cell["class"], cell["data-label"]) == ("1,234", ["num"], "Version")
    text = person.raw("GET", f"{path}?format=csv").get_data(as_text=True)
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line["Version"] for line in lines] == ["1234"]


def test_a_list_sorts_by_the_columns_that_its_query_knows(world, browse):
    world.asset()
    page = browse("dana").visit("/bss/billing/assets?columns=price,currency,total")
    unsorted = [head.get_text() for head in page.soup.select("thead th") if not head.select("a.sort")]
    assert unsorted == ["Select", "Unit price", "Currency", "Total", "Coupon code"]
    accounts = browse("dana").visit("/accounts")
    assert [link.get_text() for link in accounts.soup.select("thead a.sort")] == ["Name", "Code"]
