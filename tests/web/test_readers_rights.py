"""What a list, its files and its rows may be asked, and by whom. A fact that is the staff's alone is planted in each
asset; whoever else asks for it gets, byte for byte, what is answered about a fact that does not exist.
"""

import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from portal.accounts.listing import NAMES
from portal.display.lists.asset_columns import ALL, COLUMNS, layout, layout_of
from portal.display.lists.list_address import FILTERS
from portal.extensions import db
from portal.models import AuditEntry, User
from portal.services import lists
from portal.services.lists import Query
from portal.services.lists.list_filters import Filters, may_narrow
from portal.services.lists.list_sorts import SORTS, may_sort

pytestmark = pytest.mark.sqlite

TOKEN = re.compile(rb'(name="csrf_token" value=)"[^"]*"')
BSS, STOREFRONT = "/bss/billing/assets", "/storefront/billing/assets"
OUTSIDE = ("paula", "penny", "carl", "cleo")
STAFF = ("dana", "dora", "elena", "vera")

FOR_THE_STAFF = {
    "filters": {"cause", "billed", "imported", "at", "unconfirmed"},
    "sorts": {"billed"},
    "columns": {"billed", "pick", "status", "at-bittitan", "confirmed"},
    "accounts": {"kind"},
}
FOR_WHO_PAYS = {"filters": {"currency"}, "columns": {"price", "currency", "total"}}
FOR_EVERYBODY = {
    "filters": {
        "q",
        "status",
        "lifecycle",
        "product",
        "account",
        "redeem",
        "from",
        "to",
        "asked",
        "redeem-from",
        "redeem-to",
        "due",
        "ends",
        "ends-from",
        "ends-to",
    },
    "sorts": {"name", "status", "product", "customer", "quantity", "purchased", "redeem-by", "ends"},
    "columns": {
        "name",
        "state",
        "product",
        "customer",
        "quantity",
        "purchased",
        "redeem-by",
        "code",
        "ends",
        "contacts",
    },
    "accounts": {"q", "sync", "disabled", "under", "sort"},
}
"""Whoever adds one says here whose it is."""


@pytest.fixture
def planted(world):
    """Facts that tell these two apart, and that only the staff is shown."""
    facts = {"note": "Zebrafish", "external_id": "OLD-7741", "imported_at": datetime.now(UTC)}
    known = world.asset(attempt={"cause": "CreditLimitExceeded"}, billed_account=world.rival, unit_price=7331, **facts)
    world.asset(attempt={"cause": "Forbidden"})
    world.asset("synchronized", code="TEST-ABCD-1234", note="Zebrafish")
    return known


def test_all_that_can_be_asked_is_somebodys(world):
    asked = {
        "filters": FILTERS,
        "sorts": SORTS,
        "columns": {column.name for column in COLUMNS if column.lists},
        "accounts": NAMES,
    }
    for kind, names in asked.items():
        assert set(names) == FOR_THE_STAFF[kind] | FOR_WHO_PAYS.get(kind, set()) | FOR_EVERYBODY[kind], kind
        assert not FOR_THE_STAFF[kind] & FOR_EVERYBODY[kind], kind


@pytest.mark.parametrize("nick", [*OUTSIDE, *STAFF])
def test_who_may_ask_what(app, world, nick):
    with app.app_context():
        viewer = db.session.get(User, getattr(world, nick).id)
        is_staff = nick in STAFF
        for name, field in FILTERS.items():
            assert may_narrow(viewer, field) is (is_staff or name not in FOR_THE_STAFF["filters"]), name
        for name in SORTS:
            assert may_sort(viewer, name) is (is_staff or name not in FOR_THE_STAFF["sorts"]), name
        every = [column.name for column in COLUMNS]
        for word in ALL:
            shown = {column.name for column in layout(word, viewer, every).columns(viewer)}
            assert shown.isdisjoint(FOR_WHO_PAYS["columns"]) or nick not in ("carl", "cleo"), word
            assert not shown & FOR_THE_STAFF["columns"] or is_staff, word
            assert "pick" not in shown or nick not in ("elena", "vera")
        words = {word for word in ALL if layout_of(word, viewer)}
        own = "row" if is_staff else "section" if nick in ("paula", "penny") else "own"
        assert words == {own, "account", "account-own"}


@pytest.mark.parametrize("nick, path", [("dana", BSS), ("vera", BSS), ("paula", STOREFRONT), ("carl", STOREFRONT)])
def test_all_that_is_offered_is_answered(world, browse, planted, nick, path):
    """Each heading orders, and each field of the form narrows."""
    person = browse(nick)
    page = person.visit(path)
    heads = page.soup.select("thead a.sort")
    assert heads
    for head in heads:
        sorted_by = person.visit(head["href"]).soup.select_one("thead [aria-sort] .sort[aria-current]")
        assert sorted_by.get_text() == head.get_text()
    fields = {field["name"] for field in page.soup.select(".filters__form [name]")}
    offered = {"imported", "at", "unconfirmed"} if nick in STAFF else set()  # the others come from the work queue
    assert fields & FOR_THE_STAFF["filters"] == offered
    assert fields <= set(FILTERS)


def ways(person, path, args, exports, *, all_ways):
    """List, block, rows of a poll, both files, search, file with codes: all that the address of a list can ask.

    The list stands for the others where the same word was asked for in all ways already."""
    query = "&".join(f"{name}={value}" for name, value in args.items())
    if not all_ways:
        return [_bytes(person.raw("GET", f"{path}?{query}"))]
    got = [person.raw("GET", f"{path}?{query}", headers=headers) for headers in _LOOKS]
    got.append(person.raw("GET", f"{path}?{query}&format=csv"))
    got.append(person.raw("GET", f"{path}?{query}&format=xlsx"))
    token = {"csrf_token": person.token()}
    got.append(person.raw("POST", f"{path}/searches", data=token | args))
    got.append(person.raw("POST", f"{path}/searches", data=token | args, headers={"HX-Request": "true"}))
    if exports:
        got.append(person.raw("POST", f"{path}/exports?{query}", data=token))
    return [_bytes(answer) for answer in got]


_LOOKS = ({}, {"HX-Request": "true"}, {"HX-Request": "true", "X-Poll": "1"})


def _bytes(answer):
    content = answer.get_data()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in sorted(book.namelist()) if "docProps" not in name)
    kept = [answer.headers.get(name) for name in ("Location", "HX-Push-Url", "Content-Type", "HX-Redirect")]
    return answer.status_code, kept, TOKEN.sub(rb"\1", content)


FACTS = {
    "why it failed": ({"cause": "CreditLimitExceeded"}, {}),
    "a reason of nobody": ({"cause": "no-reason"}, {}),
    "what is no reason": ({"cause": "!"}, {}),
    "never sent": ({"cause": "never-sent", "status": "failed"}, {"status": "failed"}),
    "who was billed": ({"billed": "rival"}, {}),
    "the order of who was billed": ({"sort": "billed"}, {"sort": "nonsense"}),
    "the other way round": ({"sort": "-billed"}, {"sort": "-nonsense"}),
    "a place in that order": ({"sort": "billed", "after": "o,1"}, {"sort": "nonsense", "after": "o,1"}),
    "the old number": ({"q": "old-7741"}, {"q": "old-99"}),
    "how it begins": ({"q": "old-77"}, {"q": "old-99"}),
    "a note": ({"q": "Zebrafish"}, {"q": "Xebrafish"}),
    "who was billed, by name": ({"q": "Rivera"}, {"q": "Xivera"}),
    "what BitTitan said": ({"q": "CreditLimit"}, {"q": "XreditLimit"}),
    "a price": ({"q": "7331"}, {"q": "9337"}),
    "the reference": ({"q": "reference"}, {"q": "x" * 30}),
}
IN_ALL_WAYS = ("why it failed", "the order of who was billed", "the old number")


@pytest.mark.parametrize("nick", OUTSIDE)
def test_what_is_the_staffs_is_as_if_it_did_not_exist(app, world, browse, planted, nick):
    person, places = browse(nick), (STOREFRONT, f"/accounts/{world.customer.id}")
    exports = nick not in ("penny", "cleo")
    untold = {}
    for fact, (known, absent) in FACTS.items():
        known = {name: _IDS[value](planted) if value in _IDS else value for name, value in known.items()}
        all_ways = fact in IN_ALL_WAYS
        for path in places if all_ways else places[:1]:
            key = (path, all_ways, *absent.items())
            if key not in untold:
                untold[key] = _asked(app, person, path, absent, exports, all_ways=all_ways)
            assert _asked(app, person, path, known, exports, all_ways=all_ways) == untold[key], (fact, path)


_IDS = {"rival": lambda asset: str(asset.billed_account_id), "reference": lambda asset: asset.reference}


def _asked(app, person, path, args, exports, *, all_ways):
    before = _reveals(app)
    answers = [_same(each, args.get("q"), "TERM") for each in ways(person, path, args, exports, all_ways=all_ways)]
    return answers, _reveals(app) - before


def _same(answer, term, word):
    status, headers, content = answer
    if term is None:
        return answer
    headers = [text and text.replace(term, word) for text in headers]
    return status, headers, content.replace(term.encode(), word.encode())


def _reveals(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).where(AuditEntry.act == "reveal"))


@pytest.mark.parametrize(
    "args, rows",
    [({"cause": "CreditLimitExceeded"}, 1), ({"billed": "rival"}, 1), ({"q": "old-7741"}, 1), ({"q": "Zebrafish"}, 0)],
)
def test_the_staff_is_told(world, browse, planted, args, rows):
    args = {name: str(world.rival.id) if value == "rival" else value for name, value in args.items()}
    page = browse("vera").visit(BSS + "?" + "&".join(f"{name}={value}" for name, value in args.items()))
    assert len(page.rows) == rows


@pytest.mark.parametrize("nick", OUTSIDE)
def test_a_row_is_drawn_for_its_reader(world, browse, planted, nick):
    """`as` says what a row looks like; those of the staff have columns that nobody else is shown."""
    person = browse(nick)
    place = f"{STOREFRONT}/{planted.id}"
    for path in (place, f"{place}/edit"):
        answers = [
            _bytes(person.raw("GET", f"{path}?as={word}", headers={"HX-Request": "true"}))
            for word in ("row", "nonsense")
        ]
        assert answers[0] == answers[1]
        assert b"Rivera" not in answers[0][2]


def test_a_list_of_accounts_ignores_words_that_are_not_offered(world, browse):
    paula = browse("paula")
    for kind in ("partner", "customer", "nonsense"):
        assert _bytes(paula.raw("GET", f"/accounts?kind={kind}")) == _bytes(paula.raw("GET", "/accounts"))
    dana = browse("dana")
    assert len(dana.visit("/accounts?kind=partner").rows) < len(dana.visit("/accounts").rows)


def test_whoever_builds_a_list_without_an_address_is_held_to_the_same(app, world, planted):
    """The fence stands in the service; the address only does not show what is behind it."""
    with app.test_request_context():
        carl, dana = (db.session.get(User, each.id) for each in (world.carl, world.dana))
        for filters in (Filters(cause="CreditLimitExceeded"), Filters(billed_id=world.rival.id)):
            assert lists.count(carl, filters) == lists.count(carl, Filters())
            assert lists.count(dana, filters).total == 1
            _choices, counts = lists.opening(carl, filters)
            assert lists.plan(carl, Query(filters, sort="billed"), counts) == lists.plan(carl, Query(), counts)
