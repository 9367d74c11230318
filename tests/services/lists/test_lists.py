"""The machinery of lists: found, counted, ordered and paged alike for everybody, and on both databases."""

import random
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.errors import InvalidInput
from portal.display.lists import list_page as web_lists
from portal.models import SyncStatus
from portal.models.text_keys import collation_key
from portal.services import lists, pasted_codes
from portal.services.lists import list_counts, list_sorts
from tests.asset_requests import request

NAMES = ["Zebra", "apple", "Äpfel", "ähm", "港区", "ßtraße", "straße", "_x", "50%", "100"]
ORDERS = [f"{sign}{name}" for name in list_sorts.SORTS for sign in ("", "-")]


@pytest.fixture
def asked(app):
    """`asked(user, sort="name")`: the list as the page would show it."""
    with app.test_request_context("/list"):
        yield lambda user, **args: web_lists.asset_list(user, MultiDict(args), path="/list")


def follow(asked, user, href):
    return asked(user, **dict(parse_qsl(urlsplit(href).query)))


def ids(listing) -> list[int]:
    return [asset.id for asset in listing.rows]


def fill_with_many(world):
    chance = random.Random(7)
    accounts = [world.customer, world.partner, world.rival_customer, world.direct_customer]
    for _ in range(123):
        world.asset(
            chance.choice([status.value for status in SyncStatus]),
            account=chance.choice(accounts),
            name=chance.choice(NAMES),
            quantity=chance.randint(1, 5),
            product=chance.choice([world.mailbox, world.bundle]),
            purchased_on=date(2026, 1, 1) + timedelta(days=chance.randint(0, 20)),
        )


@pytest.fixture
def fill(request):
    return fill_with_many if "many" in request.fixturenames else None


@pytest.fixture
def many(world):
    return world


@pytest.mark.parametrize("order", ORDERS)
def test_every_row_stands_on_one_page_forwards_and_backwards(many, asked, order):
    page = asked(many.dana, sort=order)
    pages = [ids(page)]
    while page.next:
        page = follow(asked, many.dana, page.next)
        pages.append(ids(page))
    everything = [each for page_ids in pages for each in page_ids]
    assert len(everything) == len(set(everything)) == 123
    backwards = [ids(page)]
    while page.back:
        page = follow(asked, many.dana, page.back)
        backwards.insert(0, ids(page))
    assert backwards == pages
    assert page.first is None
    assert ids(asked(many.dana, sort=order, last="1")) == everything[-50:]


@pytest.mark.parametrize("order", ["name", "customer", "product", "billed"])
def test_names_are_ordered_by_the_collation_algorithm(many, asked, order):
    page = asked(many.dana, sort=order)
    keys = [collation_key(getattr(asset, order)) for asset in page.rows]
    assert keys == sorted(keys)


def test_rows_that_come_and_go_shift_nothing(many, asked):
    first = asked(many.dana)
    second = ids(follow(asked, many.dana, first.next))
    many.assets(3, name="New on top")
    assert ids(follow(asked, many.dana, first.next)) == second


@pytest.mark.parametrize(
    "term, names",
    [
        ("ap", {"apple", "Äpfel"}),
        ("ÄP", {"apple", "Äpfel"}),
        ("pfel", {"Äpfel"}),
        ("STRASSE", {"ßtraße", "straße"}),
        ("港", {"港区"}),
        ("%", set()),
        ("_", {"_x"}),
        ("50%", {"50%"}),
        ("0%", set()),
        ("a\0p", set()),
        ("x" * 500, set()),
    ],
)
def test_a_term_finds_names(many, asked, term, names):
    found = asked(many.dana, q=term)
    assert {asset.name for asset in found.rows} == names
    assert found.counts.total == sum(found.counts.by_status.values())


@pytest.mark.parametrize("term", ["AS-{id}", "as-{id}", "{id}", " AS-00{id} "])
def test_a_number_finds_its_asset(many, asked, term):
    asset = many.asset(name="The one")
    assert asset.id in ids(asked(many.dana, q=term.format(id=asset.id)))


def test_an_account_is_found_by_its_name(many, asked):
    assert {asset.customer for asset in asked(many.dana, q="wood den").rows} == {"Brightwood Dental"}
    assert asked(many.carl, q="northlight").counts.total == 0


def test_codes_are_found_by_those_who_may_reveal_them(world, asked):
    asset = world.asset("synchronized", code="TEST-QQWW-7788")
    for nick in ("dana", "dora", "paula", "carl"):
        assert ids(asked(getattr(world, nick), q="qww-77")) == [asset.id], nick
    for nick in ("elena", "vera", "penny", "cleo", "rita"):
        assert asked(getattr(world, nick), q="TEST-QQWW-7788").counts.total == 0, nick


def test_a_whole_code_leads_to_its_asset(world, app_context):
    asset = world.asset("synchronized", code="TEST-QQWW-7788")
    assert pasted_codes.asset_with_code(world.dana, "TEST-QQWW-7788") == asset.id
    refused = [("vera", "TEST-QQWW-7788"), ("rita", "TEST-QQWW-7788"), ("dana", "TEST-QQWW-778"), ("dana", "x\0")]
    for nick, code in refused:
        with pytest.raises(InvalidInput):
            pasted_codes.asset_with_code(getattr(world, nick), code)


def test_counts_are_those_of_each_status_under_all_other_filters(many, asked):
    page = asked(many.paula, status="failed", product=str(many.bundle.id))
    assert page.counts.total == page.counts.by_status[SyncStatus.FAILED]
    for status, count in page.counts.by_status.items():
        assert asked(many.paula, status=status.value, product=str(many.bundle.id)).counts.total == count


def test_an_account_filter_holds_what_hangs_below(many, asked):
    partner = asked(many.dana, account=str(many.partner.id))
    assert {asset.account_id for asset in partner.rows} == {many.partner.id, many.customer.id}
    assert {asset.account_id for asset in asked(many.dana, account=str(many.customer.id)).rows} == {many.customer.id}


@pytest.mark.parametrize("account", ["foreign", "2147483000", "99999999999999", "-1", "abc", "\0"])
def test_a_foreign_account_is_answered_like_one_that_does_not_exist(many, asked, account):
    account = str(many.rival.id) if account == "foreign" else account
    page = asked(many.paula, account=account)
    assert page.counts.total == 0
    assert page.rows == []
    assert page.notes == ["There is no such account."]
    assert "Rivera" not in " ".join(chip.text for chip in page.chips)


def test_products_on_offer_are_those_of_visible_assets(world, asked):
    world.asset(product=world.bundle)
    world.asset(product=world.mailbox, account=world.rival_customer)
    assert [id for id, _ in asked(world.carl).choices.products] == [world.bundle.id]
    assert len(asked(world.dana).choices.products) == 2


def test_dates_lifecycle_and_what_was_asked_for_narrow_the_list(world, asked):
    today = clock.today()
    old = world.asset(purchased_on=today - timedelta(days=400))
    new = world.asset(purchased_on=today, lifecycle="cancelled")
    soon = world.asset("synchronized", purchased_on=today - timedelta(days=350))
    wanted = world.asset(asked_at=old.created_at)
    assert ids(asked(world.dana, to=str(today - timedelta(days=399)))) == [old.id]
    assert new.id in ids(asked(world.dana, **{"from": str(today)}))
    assert ids(asked(world.dana, lifecycle="cancelled")) == [new.id]
    assert ids(asked(world.dana, redeem="expiring")) == [soon.id]
    assert ids(asked(world.dana, redeem="expired")) == [old.id]
    assert ids(asked(world.dana, asked="1")) == [wanted.id]


@pytest.mark.parametrize(
    "args",
    [
        {"status": "zz"},
        {"lifecycle": "\0"},
        {"from": "9999-12-31", "to": "0001-01-01"},
        {"from": "2026-02-30"},
        {"sort": "code"},
        {"sort": "--name"},
        {"after": "\0,1"},
        {"after": "x" * 10_000},
        {"before": "2026-01-01,99999999999"},
        {"sort": "name", "after": "\0abc,5"},
        {"sort": "quantity", "before": "-1,5"},
        {"sort": "quantity", "after": "99999999999,5"},
        {"sort": "status", "after": "failed,5"},
        {"product": "2147483647"},
        {"product": "' OR 1=1"},
        {"q": "' OR 1=1 --"},
        {"redeem": "always", "asked": "maybe"},
        {"last": "x"},
    ],
)
def test_nonsense_in_the_address_is_left_out(many, asked, args):
    for nick in ("dana", "carl"):
        page = asked(getattr(many, nick), **args)
        assert len(page.rows) <= 50
        assert "zz" not in page.here


def test_a_cursor_that_was_tampered_with_is_page_one(many, asked):
    first = ids(asked(many.dana))
    assert ids(asked(many.dana, after="not-a-date,5")) == first
    assert ids(asked(many.dana, after="2026-01-05")) == first
    beyond = asked(many.dana, after="0001-01-01,1")
    assert beyond.rows == []
    assert ids(follow(asked, many.dana, beyond.first)) == first


def test_too_many_hits_come_by_number(many, asked, monkeypatch):
    monkeypatch.setattr(list_counts, "CAP", 20)
    monkeypatch.setattr(lists, "CAP", 20)
    page = asked(many.dana, sort="customer")
    assert ids(page) == sorted(ids(page), reverse=True)
    assert "narrow it down" in page.notes[0]
    assert page.total == "20+"
    assert page.sort("customer").aria is None
    second = follow(asked, many.dana, page.next)
    assert ids(second)[0] < ids(page)[-1]
    assert asked(many.dana, sort="name").notes == []


def test_a_page_costs_two_statements(many, asked, sql):
    for args in ({}, {"q": "apple", "sort": "billed", "account": str(many.partner.id)}):
        with sql() as statements:
            asked(many.dana, **args)
        assert len(statements) == 2, "\n\n".join(statements)


def test_who_asked_is_found_by_the_own_account_and_the_staff(world, asked):
    asset = world.asset("failed")
    request(world, asset)
    found = {nick: ids(asked(getattr(world, nick), asked="1")) for nick in ("carl", "paula", "rita", "dana")}
    assert found == {"carl": [asset.id], "paula": [], "rita": [], "dana": [asset.id]}
    assert asked(world.paula, asked="1").counts.total == 0
