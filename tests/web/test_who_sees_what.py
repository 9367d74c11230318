"""Every route × every person, for what is theirs, what is somebody else's and what does not exist."""

import re

import pytest

from tests import dump
from tests.databases import PostgreSQLDatabases
from tests.web import filled, routes
from tests.web.rows import CUSTOMERS, Rows, address
from tests.web.rows import routes as all_routes

ONCE_A_MINUTE = ("INSERT INTO security_events", "UPDATE sign_ins")
OF_EACH_ANSWER = ("Date", "Set-Cookie", "X-Request-Id")
TOKEN = re.compile(r'(name="csrf_token" value=)"[^"]*"')
OF_EACH_TREE = ("dora", "paula", "cora")
"""What the database is asked depends on the account. What a role may do is decided in Python, the same on both."""
ASKS_ABOUT_ROWS = ("paula", "cora", "cleo")


@pytest.fixture
def rows(world):
    return Rows(world)


@pytest.fixture
def people(browse):
    return {nick: browse(None if nick == "nobody" else nick) for nick in routes.PEOPLE}


class Own:
    """Rows of a person's own for one route: the next person is shown the same, until one has changed them."""

    def __init__(self, rows: Rows, rule):
        self._rows, self._rule = rows, rule
        self._kept = {}

    def values(self, nick: str) -> dict:
        is_customer = nick in CUSTOMERS
        if is_customer not in self._kept:
            self._kept[is_customer] = self._rows.values(self._rule, self._rows.own_account(nick))
        return self._kept[is_customer]

    def are_changed(self) -> None:
        self._kept.clear()


def test_every_route_is_in_the_table(app):
    known = set(routes.expectations())
    there = {(method, rule.endpoint) for method, rule in all_routes(app)}
    missing = [f"{method:4} {endpoint}" for method, endpoint in sorted(there - known)]
    assert not missing, (
        "say in tests/web/routes.py who may do this: add a line with an answer for "
        + ", ".join(routes.PEOPLE)
        + "\n  "
        + "\n  ".join(missing)
    )
    gone = [f"{method:4} {endpoint}" for method, endpoint in sorted(known - there)]
    assert not gone, "take these lines out of tests/web/routes.py, the routes are gone:\n  " + "\n  ".join(gone)


def test_each_person_gets_what_the_table_says(app, people, rows, databases):
    expected = routes.expectations()
    asked = OF_EACH_TREE if isinstance(databases, PostgreSQLDatabases) else routes.PEOPLE
    faults = []
    for method, rule in all_routes(app):
        own = Own(rows, rule)
        for nick, allowed in expected.get((method, rule.endpoint), {}).items():
            if nick not in asked:
                continue
            response = _ask(app, people[nick], method, rule, own.values(nick), rows.world)
            if method != "GET" and response.status_code < 400:
                own.are_changed()
            if response.status_code not in allowed:
                wanted = "/".join(map(str, sorted(allowed)))
                faults.append(f"{method:4} {rule.endpoint} {nick}: {response.status_code}, not {wanted}")
    assert not faults, "not as the table in tests/web/routes.py says:\n  " + "\n  ".join(faults)


def test_what_is_foreign_does_not_exist(app, people, rows, sql, databases):
    """Byte for byte, header for header, and with the same statements, so that time tells nothing either. As nothing
    may happen to what is foreign, its rows are made once for each route. For htmx it
    is cut the same on both databases."""
    faults, foreign, nicks, ways = [], {}, ASKS_ABOUT_ROWS, [{}, {"HX-Request": "true"}]
    if isinstance(databases, PostgreSQLDatabases):
        nicks, ways = [nick for nick in ASKS_ABOUT_ROWS if nick in OF_EACH_TREE], [{}]
    for method, rule in all_routes(app):
        if not {"asset_id", "account_id", "user_id", "order_id", "invoice_id"} & rule.arguments:
            continue
        for nick in nicks:
            for headers in ways:
                absent = _traced(sql, app, people[nick], method, rule, rows.absent(rule), rows.world, headers)
                for account in filter(lambda each: rows.fits(rule, each), rows.foreign_accounts(nick)):
                    there = (method, rule.endpoint, account.id)
                    foreign[there] = foreign.get(there) or rows.values(rule, account)
                    if _traced(sql, app, people[nick], method, rule, foreign[there], rows.world, headers) != absent:
                        faults.append(f"{method:4} {rule.endpoint} {nick} about {account.name} {headers or ''}")
    assert not faults, "the answer gives away that it exists:\n  " + "\n  ".join(faults)


def test_a_foreign_user_of_an_own_account_does_not_exist(app, people, rows):
    """Two ids in one address: each is looked up below the other, not beside it."""
    faults = []
    for method, rule in all_routes(app):
        if not {"account_id", "user_id"} <= rule.arguments:
            continue
        for nick in ("dora", "paula", "cora"):
            own = rows.own_account(nick)
            stranger = rows.world.user(rows.foreign_accounts(nick)[0])
            values = {"account_id": own.id, "user_id": stranger.id}
            response = _ask(app, people[nick], method, rule, values, rows.world)
            if response.status_code != 404:
                faults.append(f"{method:4} {rule.endpoint} {nick}: {response.status_code}")
    assert not faults, "the user belongs to another account:\n  " + "\n  ".join(faults)


@pytest.mark.sqlite  # what a GET does is the same on both: once is enough
def test_asking_changes_nothing(app, people, rows, sql):
    faults = []
    for method, rule in all_routes(app):
        if method != "GET":
            continue
        own = Own(rows, rule)
        for nick in ("dora", "paula", "cora"):
            values = own.values(nick)
            with sql() as statements:
                _ask(app, people[nick], method, rule, values, rows.world)
            faults += [f"{rule.endpoint} {nick}: {each}" for each in dump.changes(statements)]
    assert not faults, "a GET changed:\n  " + "\n  ".join(faults)


@pytest.mark.sqlite  # the token alone decides: once is enough
def test_nothing_is_done_without_a_token(app, people, rows, sql):
    faults = []
    for method, rule in all_routes(app):
        if method == "GET":
            continue
        own = Own(rows, rule)
        for nick in ("dora", "paula", "cora"):
            values = own.values(nick)
            data = filled.data_for(rule.endpoint, values, rows.world)
            with sql() as statements:
                response = people[nick].raw(method, address(app, rule, values), data=data)
            changed = dump.changes(statements)
            if response.status_code not in (400, 403, 404) or changed:
                faults.append(f"{method} {rule.endpoint} {nick}: {response.status_code} {changed}")
    assert not faults, "carried out without a CSRF token:\n  " + "\n  ".join(faults)


@pytest.mark.sqlite  # the route alone decides: once is enough
def test_other_methods_are_refused(app, people, rows):
    """By the address, before any row is looked for: 404 would say that a view was reached."""
    faults, offered = [], {(method, rule.rule) for method, rule in all_routes(app)}
    for _, rule in all_routes(app):
        for method in {"PUT", "PATCH", "DELETE", "POST", "GET"} - rule.methods:
            if (method, rule.rule) in offered:
                continue  # another view has the same address
            response = people["dora"].raw(method, address(app, rule, rows.absent(rule)))
            if response.status_code not in (400, 405):
                faults.append(f"{method} {rule.endpoint}: {response.status_code}")
    assert not faults, "answered, but not offered:\n  " + "\n  ".join(faults)


def _ask(app, browser, method, rule, values, world, headers=None, typed=None):
    url = address(app, rule, values)
    if method == "GET":
        return browser.raw("GET", url, headers=headers)
    typed = filled.data_for(rule.endpoint, values, world) if typed is None else typed
    response = browser.raw(method, url, data={"csrf_token": browser.token()} | typed, headers=headers)
    if rule.endpoint.endswith("sign_out"):
        browser.forget()
    return response


def _traced(sql, app, browser, method, rule, values, world, headers):
    browser.token()
    typed = None if method == "GET" else filled.data_for(rule.endpoint, values, world)
    with sql() as statements:
        response = _ask(app, browser, method, rule, values, world, headers, typed)
    kept = {name: value for name, value in response.headers.items() if name not in OF_EACH_ANSWER}
    asked = [each for each in statements if not each.startswith(ONCE_A_MINUTE)]
    return response.status_code, kept, TOKEN.sub(r"\1", response.get_data(as_text=True)), asked
