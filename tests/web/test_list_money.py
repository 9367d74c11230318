"""Price, currency and total in lists and their files: for the staff and for who pays, and for nobody else."""

import csv
import io
import zipfile
from xml.etree import ElementTree

import pytest

from tests.browser import Browser

pytestmark = pytest.mark.sqlite

BSS, STOREFRONT = "/bss/billing/assets", "/storefront/billing/assets"
MONEY = "columns=price,currency,total"
HEADS = ["Unit price", "Currency", "Total"]


def lines(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.status
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def amounts(line: dict[str, str]) -> list[str]:
    return [line[head] for head in HEADS]


def cells(page, asset) -> list[str]:
    row = page.one(f"#asset-{asset.id}")
    return [row.select_one(f'[data-label="{head}"]').get_text() for head in HEADS]


def heads(page) -> list[str]:
    return [head.get_text() for head in page.soup.select("thead th")]


@pytest.fixture
def sold(world):
    """In three currencies; the last one was imported, and nobody knows what it cost."""
    prices = [("EUR", 1190), ("JPY", 1950), ("KWD", 12345)]
    named = [world.asset("synchronized", quantity=12, currency=each, unit_price=price) for each, price in prices]
    return [*named, world.asset("synchronized", quantity=12, currency=None, unit_price=None)]


EXPECTED = [
    ["11.90", "EUR", "142.80"],
    ["1950", "JPY", "23400"],
    ["12.345", "KWD", "148.140"],
    ["", "", ""],
]


@pytest.mark.parametrize("nick, path", [("dana", BSS), ("vera", BSS), ("paula", STOREFRONT), ("penny", STOREFRONT)])
def test_who_may_see_prices_has_them_in_each_file(world, browse, sold, nick, path):
    person = browse(nick)
    found = {line["Number"]: amounts(line) for line in lines(person.raw("GET", f"{path}?format=csv"))}
    assert [found[asset.number] for asset in sold] == EXPECTED
    account = lines(person.raw("GET", f"/accounts/{world.customer.id}?format=csv"))
    assert {line["Number"]: amounts(line) for line in account} == found


def test_a_workbook_has_them_as_numbers(browse, sold):
    data = browse("dana").raw("GET", f"{BSS}?sort=-name&format=xlsx&{MONEY}").get_data()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    found = set()
    for row in sheet.findall(".//{*}row")[1:]:
        of = {cell.get("r")[0]: cell for cell in row}
        price, total = of.get("G"), of.get("I")
        assert price is None or price.get("t", "n") == "n"
        found.add(("".join(price.itertext()), "".join(total.itertext())) if price is not None else ("", ""))
    assert found == {("11.9", "142.8"), ("1950", "23400"), ("12.345", "148.14"), ("", "")}


def test_on_the_screen_they_are_shown_to_who_chooses_them(browse, sold):
    dana = browse("dana")
    assert not set(heads(dana.visit(BSS))) & set(HEADS)
    page = dana.visit(f"{BSS}?{MONEY}")
    assert [head for head in heads(page) if head in HEADS] == HEADS
    assert [cells(page, asset) for asset in sold] == [
        ["€11.90", "EUR", "€142.80"],
        ["JP¥1,950", "JPY", "JP¥23,400"],
        ["KWD\u00a012.345", "KWD", "KWD\u00a0148.140"],
        ["–Not known", "–Not known", "–Not known"],
    ]


def test_a_column_is_chosen_by_a_link_that_keeps_the_filter(browse, sold):
    for htmx in (False, True):
        dana = browse("dana", htmx=htmx)
        page = dana.press(dana.visit(f"{BSS}?status=synchronized&sort=name"), "TotalAdd it")
        assert [head for head in heads(page) if head in HEADS] == ["Total"]
        assert "status=synchronized" in page.one(".chips [aria-current]")["href"]
        page = dana.press(page, "Name")
        page = dana.press(page, "Unit priceAdd it")
        assert [head for head in heads(page) if head in HEADS] == ["Unit price", "Total"]
        page = dana.press(page, "TotalShown; remove it")
        assert [head for head in heads(page) if head in HEADS] == ["Unit price"]
        assert len(page.rows) == len(sold)


def test_a_row_that_is_drawn_again_keeps_its_columns(world, browse):
    asset = world.asset("failed", quantity=12, currency="EUR", unit_price=1190)
    dana = browse("dana", htmx=True)
    page = dana.visit(f"{BSS}?{MONEY}")
    edited = dana.press(page, f"Edit {asset.number}")
    back = dana.press(edited, "Cancel")
    assert cells(back, asset) == ["€11.90", "EUR", "€142.80"]
    saved = dana.submit(edited, "Save and synchronize")
    assert cells(saved, asset) == ["€11.90", "EUR", "€142.80"]
    poll = {"HX-Request": "true", "X-Poll": "1"}
    assert "€142.80" in dana.raw("GET", f"{BSS}?{MONEY}&watch={asset.id}", headers=poll).get_data(as_text=True)


def every_answer(person, path: str, asset_id: int) -> list[str]:
    """All in which the list or a row of it is told."""
    got = [person.raw("GET", f"{path}?{MONEY}{more}") for more in ("", "&format=csv", "&sort=-total", "&sort=price")]
    got.append(person.raw("GET", f"{path}?{MONEY}", headers={"HX-Request": "true"}))
    poll = {"HX-Request": "true", "X-Poll": "1"}
    got.append(person.raw("GET", f"{path}?{MONEY}&watch={asset_id}", headers=poll))
    for layout in ("row", "section", "own", "account", "account-own"):
        word = f"{layout}.price.currency.total"
        got.append(person.raw("GET", f"{STOREFRONT}/{asset_id}?as={word}", headers={"HX-Request": "true"}))
    got.append(person.raw("POST", f"{path}/exports?{MONEY}", data={"csrf_token": person.token()}))
    texts = [answer.get_data(as_text=True) for answer in got]
    with zipfile.ZipFile(io.BytesIO(person.raw("GET", f"{path}?{MONEY}&format=xlsx").get_data())) as book:
        return texts + [book.read(name).decode() for name in book.namelist() if "sheet" in name or "String" in name]


def is_told(texts: list[str]) -> bool:
    return any(each in text for text in texts for each in ("73.31", "73,31", "7331", "879.72", "87972"))


@pytest.mark.parametrize("nick", ["carl", "cora", "cleo"])
def test_a_partners_customer_sees_no_price(world, browse, nick):
    asset = world.asset("synchronized", quantity=12, currency="EUR", unit_price=7331)
    person = browse(nick)
    for path in (STOREFRONT, f"/accounts/{world.customer.id}"):
        texts = every_answer(person, path, asset.id)
        assert not is_told(texts)
        assert not [text for text in texts if "Unit price" in text]
    assert is_told(every_answer(browse("paula"), STOREFRONT, asset.id))


def test_a_partner_sees_the_prices_that_it_pays_and_no_others(world, browse):
    """The customer was billed itself once, or by the partner that it had before."""
    for payer in (world.customer, world.rival):
        asset = world.asset("synchronized", quantity=12, currency="EUR", unit_price=7331, billed_account=payer)
        for nick in ("paula", "penny"):
            person = browse(nick)
            assert cells(person.visit(f"{STOREFRONT}?{MONEY}"), asset) == ["–Not known"] * 3
            for path in (STOREFRONT, f"/accounts/{world.customer.id}"):
                assert not is_told(every_answer(person, path, asset.id))
        assert not is_told(every_answer(browse("rita"), STOREFRONT, asset.id))
    assert is_told([browse("dana").raw("GET", f"{BSS}?format=csv").get_data(as_text=True)])


def test_a_currency_narrows_the_list_to_what_the_reader_pays(world, browse):
    """Or else the filter would tell what somebody else pays in."""
    for currency in ("EUR", "JPY"):
        world.asset("synchronized", currency=currency)
    world.asset("synchronized", currency="EUR", billed_account=world.customer)
    world.asset("synchronized", unit_price=None, currency=None)

    def found(nick: str, path: str, currency: str) -> int:
        return len(browse(nick).visit(f"{path}?currency={currency}").rows)

    assert [found("dana", BSS, currency) for currency in ("EUR", "JPY", "USD", "none")] == [2, 1, 0, 1]
    assert [found("paula", STOREFRONT, currency) for currency in ("EUR", "JPY", "none")] == [1, 1, 1]
    assert [found("carl", STOREFRONT, currency) for currency in ("EUR", "JPY", "none")] == [1, 0, 0]
    assert "Price in JPY" in browse("dana").visit(f"{BSS}?currency=JPY").text
    assert "That currency is not known" in browse("dana").visit(f"{BSS}?currency=euro").text


def test_a_customer_that_pays_itself_sees_what_it_pays(app, world):
    mine = world.asset("synchronized", account=world.direct_customer, quantity=12, currency="EUR", unit_price=1190)
    other = world.asset("synchronized", account=world.direct_customer, unit_price=7331, billed_account=world.partner)
    person = world.user(world.direct_customer)
    browser = Browser(app)
    browser.arrive(person.id)
    page = browser.visit(f"{STOREFRONT}?{MONEY}")
    assert cells(page, mine) == ["€11.90", "EUR", "€142.80"]
    assert cells(page, other) == ["–Not known"] * 3
    assert not is_told(every_answer(browser, STOREFRONT, other.id))


def test_a_column_that_does_not_exist_is_no_column(world, browse):
    """Nor one that is not for the viewer; neither stays in the address."""
    world.asset("synchronized")
    carl, dana = browse("carl"), browse("dana")
    for person, path in ((carl, STOREFRONT), (dana, BSS)):
        usual = heads(person.visit(path))
        for words in ("nonsense", "note,reference", "name,name", "%00", "x" * 300, ","):
            page = person.visit(f"{path}?columns={words}")
            assert heads(page) == usual
            assert "columns=" not in page.one("a[download]")["href"]
