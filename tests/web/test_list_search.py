"""The search box of a list: a whole code that is typed into it stands in no address, with the script and without."""

import pytest

from portal.services.lists.search import looks_like_code

CODE, STRANGE = "TEST-7KQ2-M9TA", "SBX-4F7K-9QAB-2WXY-ZZ34"
PLACES = [("dana", "bss.assets.index"), ("paula", "storefront.assets.index"), ("carl", "storefront.assets.index")]


@pytest.fixture
def asset(world):
    return world.asset("synchronized", code=CODE, name="Mailboxes for Carl")


def typed(browser, page, text: str):
    return browser.submit(page, to=page.one("form[role=search]")["action"], q=text)


@pytest.mark.parametrize("nick, endpoint", PLACES)
@pytest.mark.parametrize("text", [CODE, f" {CODE.lower()} "])
def test_a_whole_code_leads_to_its_asset(browse, asset, nick, endpoint, text):
    browser = browse(nick)
    page = typed(browser, browser.open(endpoint), text)
    assert page.h1 == "Mailboxes for Carl"
    assert page.url.endswith(f"/{asset.id}")


def test_on_the_page_of_an_account_too(browse, world, asset):
    dana = browse("dana")
    page = typed(dana, dana.open("accounts.show", account_id=world.customer.id), CODE)
    assert page.url == f"/bss/billing/assets/{asset.id}"


def test_with_the_script_the_page_of_the_asset_is_opened(browse, asset):
    dana = browse("dana", htmx=True)
    page = typed(dana, dana.open("bss.assets.index"), CODE)
    assert page.is_whole
    assert page.url == f"/bss/billing/assets/{asset.id}"


@pytest.mark.parametrize(
    "nick, said",
    [("dana", "No asset holds exactly this code."), ("rita", "No asset holds"), ("vera", "Your role does not include")],
)
def test_a_strange_code_is_searched_for_nowhere(browse, asset, nick, said):
    browser = browse(nick)
    area = "bss" if nick != "rita" else "storefront"
    page = browser.visit(f"/{area}/billing/assets?status=failed")
    page = typed(browser, page, STRANGE if nick != "vera" else CODE.replace("TEST", "SBX"))
    assert page.url == f"/{area}/billing/assets?status=failed"
    assert said in page.flash
    assert "9QAB" not in page.body


def test_with_the_script_a_strange_code_is_not_put_into_the_address(browse, asset):
    dana = browse("dana", htmx=True)
    answer = typed(dana, dana.open("bss.assets.index"), STRANGE)
    assert answer.headers["HX-Push-Url"] == "/bss/billing/assets"
    assert "No asset holds exactly this code." in answer.text


@pytest.mark.parametrize("text", ["Mailboxes", "KQ2-M9", "AS-1"])
def test_anything_else_is_looked_for_in_the_list(browse, asset, text):
    dana = browse("dana")
    assert typed(dana, dana.open("bss.assets.index"), text).url == f"/bss/billing/assets?q={text}"
    dana = browse("dana", htmx=True)
    answer = typed(dana, dana.open("bss.assets.index"), text)
    assert answer.soup.section["id"] == "list"
    assert answer.headers["HX-Push-Url"] == f"/bss/billing/assets?q={text}"


def test_a_name_that_resembles_a_code_is_found_by_those_who_see_it(browse, world):
    name = "MIGRATION2025Q3X7"
    world.asset(name=name)
    world.asset(account=world.customer, external_id=f"{name}-1")
    for nick, endpoint in PLACES:
        browser = browse(nick)
        assert name in typed(browser, browser.open(endpoint), name.lower()).rows[-1]
    rita = browse("rita")
    assert "No asset holds" in typed(rita, rita.open("storefront.assets.index"), name).flash


@pytest.mark.parametrize(
    "text, is_one",
    [
        ("SBX-7KQ2-M9TA-AAAA-BBBB", True),
        ("DEMO-AB12-CD34-EF56", True),
        ("demo-ab12-cd34-ef56", True),
        ("MSPCNRDFBV6GBY48VL4D", True),
        ("CUST-0088", False),
        ("PART-2024-0001-0002", False),
        ("ACME-2024-MAIL-TEST", False),
        ("AS-10000", False),
        ("Migration-2025-licences", False),
        ("7KQ2-M9TA", False),
        ("Bright wood 4F7K 9QAB 2WXY", False),
        ("", False),
        ("-", False),
        ("港区港区港区港区港区港区1港2港3港", False),
    ],
)
def test_names_that_resemble_codes_are_none(text, is_one):
    assert looks_like_code(text) is is_one


@pytest.mark.parametrize("nick, endpoint", PLACES)
def test_the_box_keeps_what_was_typed(browse, asset, nick, endpoint):
    browser = browse(nick)
    page = browser.open(endpoint)
    assert page.value("q") == ""
    for text in ("Mailboxes", "nobody", "ab"):
        page = typed(browser, page, text)
        assert page.value("q") == text
