"""Names stand beside their base letter in every list and choice, page by page, on both databases alike."""

import pytest
from babel import Locale
from werkzeug.datastructures import MultiDict

from portal.core import paging
from portal.core.paging import Place
from portal.display.lists import list_page as web_lists
from portal.services import catalog
from portal.services.accounts import account_list, account_page, account_rules
from portal.services.catalog import product_changes
from portal.services.lists import list_choices
from portal.services.lists.list_filters import Filters
from portal.services.ordering import offers
from portal.services.users import user_list

NAMES = ["Adler", "Łódź", "Østergaard", "Öztürk", "Ünal", "Zander", "Žitný"]
MIXED = ["Zander", "Öztürk", "Łódź", "Žitný", "Ünal", "Østergaard", "Adler"]


def fill_with_names(world):
    for place, name in enumerate(MIXED):
        account = world.account(parent=world.partner, name=name)
        world.asset("synchronized", name=name, account=account)
        world.user(world.direct_customer, name=name)
        product_changes.create_product(
            code=f"P-{place}", name=name, kind=world.mailbox.type.license_kind, by=world.dora
        )


@pytest.fixture
def fill(request):
    return fill_with_names if "named" in request.fixturenames else None


@pytest.fixture
def named(world, app):
    """Under one partner: accounts of these names, each with an asset, a person and a product of its name."""
    with app.test_request_context("/list"):
        yield world


def ours(names) -> list[str]:
    return [name for name in names if name in NAMES]


def test_accounts(named):
    page = account_list.page(named.dana, account_list.Filters(), "name", Place(), descending=False)
    assert ours(row[0].name for row in page.rows) == NAMES


def test_accounts_page_by_page_both_ways(named, monkeypatch):
    monkeypatch.setattr(paging, "PAGE", 3)
    filters = account_list.Filters(under=named.partner)
    forward, place = [], Place()
    while True:
        page = account_list.page(named.dana, filters, "name", place, descending=False)
        forward.append([row[0].name for row in page.rows])
        if page.after is None:
            break
        place = Place(after=page.after)
    assert ours(sum(forward, [])) == NAMES
    backward = [forward[-1]]
    while page.before is not None:
        page = account_list.page(named.dana, filters, "name", Place(before=page.before), descending=False)
        backward.insert(0, [row[0].name for row in page.rows])
    assert backward == forward


@pytest.mark.parametrize("place", ["1,zz", "1,0", "x,00", "1," + "00" * 301, "99999999999,00", "1,"])
def test_a_cursor_that_is_none_means_the_first_page(named, place):
    page = account_list.page(named.dana, account_list.Filters(), "name", Place(after=place), descending=False)
    assert len(page.rows) > len(NAMES)


@pytest.mark.parametrize("order", ["name", "customer"])
def test_assets(named, order):
    for sort, names in ((order, NAMES), (f"-{order}", NAMES[::-1])):
        page = web_lists.asset_list(named.dana, MultiDict({"sort": sort}), path="/list")
        assert ours(getattr(asset, order) for asset in page.rows) == names


def test_people(named):
    page = user_list.page(named.dora, "", None, Place())
    assert ours(row[0].name for row in page.rows) == NAMES
    around = account_page.summary(named.direct_customer, named.dora, with_people=True)
    assert [person.name for person in around.people] == NAMES


def test_products_and_choices(named):
    assert ours(product.name for product in catalog.products()) == NAMES
    assert ours(offer.account.name for offer in offers.offers(named.dana, "", None).rows) == NAMES
    choices, _numbers = list_choices.opening(named.paula, Filters())
    assert ours(name for _, name in choices.customers) == NAMES


def test_below_an_account(named):
    around = account_page.summary(named.partner, named.dana, with_people=False)
    assert ours(child.name for child in around.below) == NAMES


def test_countries():
    names = [name for _, name in account_rules.countries(Locale("en"))]
    assert names.index("Åland Islands") < names.index("Albania")
    assert names.index("Côte d’Ivoire") < names.index("Croatia")


@pytest.mark.parametrize("term", ["lodz", "ostergaard", "OZTURK", "ünal", "Zitny", "adler", "lo", "os"])
def test_every_search_finds_them_without_accents(named, term):
    assets = web_lists.asset_list(named.dana, MultiDict({"q": term}), path="/list")
    accounts = account_list.page(named.dana, account_list.Filters(term), "name", Place(), descending=False)
    people = user_list.page(named.dora, term, None, Place())
    found = [
        {asset.name for asset in assets.rows},
        {row[0].name for row in accounts.rows},
        {row[0].name for row in people.rows},
        {offer.account.name for offer in offers.offers(named.dana, term, None).rows},
    ]
    assert all(len(names & set(NAMES)) == 1 for names in found), found
