"""The search box of a list: a whole code that is typed into it stands in no address, with the script and without."""

from functools import cache

import pytest

from portal.models import Retry
from portal.services.pasted_codes.reading import Pasted
from tests.pasted import ONE_CODE, holds, pasted

pytestmark = pytest.mark.sqlite  # what is found on both, tests/services/lists and tests/services/pasted_codes prove

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
        ("Bright wood 4F7K 9QAB 2WXY", True),
        ("", False),
        ("-", False),
        ("港区港区港区港区港区港区1港2港3港", False),
    ],
)
def test_names_that_resemble_codes_are_none(text, is_one):
    assert bool(Pasted(text).shapes) is is_one


@pytest.mark.parametrize("nick, endpoint", PLACES)
def test_the_box_keeps_what_was_typed(browse, asset, nick, endpoint):
    browser = browse(nick)
    page = browser.open(endpoint)
    assert page.value("q") == ""
    for text in ("Mailboxes", "nobody", "ab"):
        page = typed(browser, page, text)
        assert page.value("q") == text


BOXES = [
    "/bss/billing/assets/searches",
    "/accounts/{customer}/searches",
    "/storefront/billing/assets/searches",
    "/accounts/searches",
    "/bss/setup/users/searches",
    "/bss/sales/orders/searches",
    "/bss/sales/orders/new/searches",
]
ADDRESSES = ("Location", "HX-Redirect", "HX-Push-Url", "HX-Replace-Url", "Content-Location", "Link", "Refresh")


@pytest.fixture
def answers(browse, world, asset):
    """`answers("dana", box, text)`: without the script and with it."""
    people = {}

    def send(nick: str, box: str, text: str):
        person = people.setdefault(nick, browse(nick))
        sent = {"csrf_token": person.token(), "q": text, "status": "synchronized"}
        url = box.format(customer=world.customer.id)
        return [person.raw("POST", url, data=sent, headers=headers) for headers in ({}, {"HX-Request": "true"})]

    return send


def addresses_of(answer) -> list[str]:
    """All that the answer offers to go to, and its headers."""
    page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
    links = [part.split('"')[0] for part in page.replace('action="', 'href="').split('href="')[1:]]
    return sorted({*(answer.headers.get(name, "") for name in ADDRESSES), *links})


@cache
def _holds_one(address: str) -> bool:
    return holds(address, CODE) or holds(address, STRANGE)


@pytest.mark.parametrize("box", BOXES)
def test_no_box_puts_a_code_into_an_address(answers, world, asset, box):
    """All boxes read with the same function (services/pasted_codes), so one of them gets every way to write a code."""
    people = {"/storefront": ("paula", "penny", "carl"), "/accounts": ("dana", "vera", "paula")}
    nicks = next((found for start, found in people.items() if box.startswith(start)), ("dora",))
    for nick in nicks:
        for kind in list(ONE_CODE)[:: 1 if (nick, box) == ("dora", BOXES[0]) else 8]:
            for text in (pasted(kind, CODE), pasted(kind, STRANGE)):
                for answer in answers(nick, box, text):
                    assert answer.status_code in (200, 303), (nick, kind)
                    found = addresses_of(answer)
                    assert not [each for each in found if _holds_one(each)], (nick, kind)
                    if text == pasted(kind, CODE) and nick not in ("vera", "penny"):
                        assert [each for each in found if each.endswith(f"/billing/assets/{asset.id}")], (nick, kind)


@pytest.mark.parametrize("nick", ["dana", "vera"])
@pytest.mark.parametrize("kind", ["full stop", "small letters", "no dashes"])
def test_an_address_with_a_code_leads_to_one_without(browse, asset, nick, kind):
    browser = browse(nick)
    for path in ("/bss/billing/assets", "/accounts", "/bss/sales/orders"):
        query = {"q": pasted(kind, CODE), "status": "failed"}
        answer = browser.raw("GET", path, query_string=query)
        assert answer.headers["Location"] == f"{path}?status=failed"
    page = browser.visit(f"/bss/billing/assets?q={CODE}&sort=name")
    assert page.url == "/bss/billing/assets?sort=name"
    assert "may be a coupon code" in page.flash
    assert not holds(page.body, CODE)


@pytest.mark.parametrize("text", [CODE, "summer2026sale", STRANGE.lower()])
def test_the_way_back_after_signing_in_holds_no_code(browse, asset, text):
    nobody = browse()
    asked = nobody.raw("GET", "/bss/billing/assets", query_string={"q": text, "status": "failed"})
    assert asked.headers["Location"] == "/sign-in?next=/bss/billing/assets?status%3Dfailed"
    dana = browse("dana")
    back = dana.raw("GET", "/sign-in", query_string={"next": f"/bss/billing/assets?q={text}"})
    assert back.headers["Location"] == "/bss/billing/assets"


def test_a_retry_keeps_no_address_with_a_code(browse, world, asset):
    dana = browse("dana")
    sent = {"csrf_token": dana.token(), "what": "matching", "q": f"{CODE}.", "status": "failed"}
    answer = dana.raw("POST", "/bss/tools/retries/new", data=sent)
    assert answer.headers["Location"] == "/bss/billing/assets?status=failed"
    assert world.find(Retry, 1) is None


@pytest.mark.parametrize("text", ["Mailboxes", "Brightwood Dental", "Müller & Söhne", "AS-17", "KQ2-M9", "2026"])
def test_ordinary_searches_keep_an_address_that_can_be_shared(answers, text):
    for nick, box in (
        ("dana", BOXES[0]),
        ("dana", BOXES[3]),
        ("dora", BOXES[4]),
        *(("dana", box) for box in BOXES[5:]),
    ):
        plain, with_script = answers(nick, box, text)
        for answer, name in ((plain, "Location"), (with_script, "HX-Push-Url" if box != BOXES[6] else "Location")):
            assert "q=" in answer.headers[name], (box, name)


def test_the_exact_doors_read_the_same(browse, world, asset):
    dana = browse("dana")
    failed = world.asset("failed")
    form = {"csrf_token": dana.token(), "reason": "from a mail", "version": failed.version}
    for kind in ONE_CODE:
        sent = form | {"code": pasted(kind, CODE)}
        found = dana.raw("POST", "/bss/billing/assets/look-ups", data=sent)
        assert found.headers["Location"] == f"/bss/billing/assets/{asset.id}", kind
        asked = dana.raw("POST", f"/bss/billing/assets/{failed.id}/codes", data=sent)
        assert asked.status_code == 303, kind
        assert not holds(asked.headers["Location"], CODE), kind


@pytest.mark.parametrize(
    "text, sentence", [(f"{CODE} {STRANGE}", "more than one code"), ("•••• M9TA", "masked"), ("***** M9TA", "masked")]
)
def test_the_exact_doors_say_what_is_in_the_way(browse, world, asset, text, sentence):
    dana, failed = browse("dana"), world.asset("failed")
    sent = {"csrf_token": dana.token(), "code": text, "reason": "from a mail", "version": failed.version}
    for door in ("look-ups", f"{failed.id}/codes"):
        answer = dana.raw("POST", f"/bss/billing/assets/{door}", data=sent)
        assert (answer.status_code, sentence in answer.get_data(as_text=True)) == (422, True)
