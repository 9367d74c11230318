"""Bad input anywhere gets a clear sentence and changes nothing."""

import pytest

from portal.models import Connection
from portal.web.security import request_limits
from tests import dump
from tests.databases import PostgreSQLDatabases
from tests.keys import setting
from tests.once import once
from tests.page import Page
from tests.settings import make_settings
from tests.web import bad
from tests.web.rows import Rows, address
from tests.web.rows import routes as all_routes

WHO = ("dora", "paula", "cora")
STATUSES = ("failed", "synchronized", "review")
STRICTER = pytest.mark.postgresql
"""What SQLite breaks on, PostgreSQL breaks on, too (numbers that are too large), and on more (NUL): once is enough."""
BIG = b"csrf_token=x&name=" + b"x" * 2_000_000


@pytest.fixture
def settings(database_url, sandbox, tmp_path):
    """With a key, so that the form of the connection is offered, too."""
    return make_settings(database_url, tmp_path, SANDBOX_PORT=str(sandbox.port), CREDENTIAL_KEYS=setting(1))


@pytest.fixture
def spots(app, world, browse):
    """Each form once, of the first person who is offered it."""
    rows, browsers = Rows(world), {nick: browse(nick) for nick in WHO}
    by_name = {rule.endpoint: rule for _, rule in all_routes(app)}
    for browser in browsers.values():
        browser.is_watched = False
    for person in (world.paula, world.cora):
        world.basket(person)
    world.edit(world.find(Connection, 1), settings_version=1)  # so that an older version differs from it
    found = once("forms", lambda: _find(app, rows, browsers))
    assert len(found) > 100, "no forms were found: the test would prove nothing"
    return [
        (
            browsers[nick],
            bad.Spot(nick, endpoint, _way(app, browsers[nick], by_name[endpoint], rows, nick, status), *form),
        )
        for form, (nick, endpoint, status) in found.items()
    ]


def _find(app, rows, browsers) -> dict[tuple, tuple]:
    """Form -> who is offered it, where, in which status of an asset: looked for once, the rows are made for each test.
    Only a page with a form that none had before is parsed."""
    seen, found = set(), {}
    for nick, browser in browsers.items():
        for method, rule in all_routes(app):
            if method == "GET" and rule.endpoint != "static":
                for status in STATUSES if "asset_id" in rule.arguments else (None,):
                    page = _way(app, browser, rule, rows, nick, status)()
                    sources = bad.sources_of_forms(page)
                    for form in bad.post_forms(page) if not sources <= seen else ():
                        found.setdefault((bad.pattern(form), bad.fields(form)), (nick, rule.endpoint, status))
                    seen |= sources
    return found


def _way(app, browser, rule, rows, nick, status):
    """Opens the page, on fresh rows each time."""

    def reopen() -> Page:
        values = rows.values(rule, rows.own_account(nick), status)
        answer = browser.raw("GET", address(app, rule, values))
        is_page = answer.status_code == 200 and answer.mimetype == "text/html"
        return Page(answer, url=answer.request.path) if is_page else browser.empty()

    return reopen


class Sent:
    """Sends the form of a spot, and says what came back and what has changed. The page is opened anew, on fresh rows,
    as soon as something has."""

    def __init__(self, app, browser, spot):
        self._app, self._browser, self._spot = app, browser, spot
        self._page = self._form = self._before = None

    def __call__(self, **options) -> tuple[Page, list[str]]:
        if self._page is None:
            self._page, self._before = self._spot.open(), dump.dump(self._app)
            self._form = self._spot.form_on(self._page)
        answer = self._browser.submit(self._page, form=self._form, **options)
        changed = dump.difference(self._before, dump.dump(self._app))
        if changed:
            self._page = None
        return answer, changed


@STRICTER
def test_what_can_never_be_right_is_refused_in_a_sentence(app, spots):
    faults = []
    for browser, spot in spots:
        sent, rounds = Sent(app, browser, spot), list(spot.rounds())
        for values in rounds:
            answer, changed = sent(**values)
            if len(values) > 1 and not changed and (unanswered := bad.unanswered(answer, values)):
                rounds += bad.fewer(values, unanswered)
                continue
            if changed or spot.was_ignored(answer, values) or not bad.has_a_sentence(answer):
                faults.append(f"{spot}: {bad.in_short(values)}: {answer.status} {answer.flash} {changed[:2]}")
    assert not faults, "\n  ".join(["taken, or refused without a word:", *faults])


@STRICTER
def test_unusual_text_is_kept_to_the_letter_or_refused(app, spots):
    faults = []
    for browser, spot in spots:
        sent = Sent(app, browser, spot)
        for what, value in bad.UNUSUAL_TEXT.items() if spot.names("text") else ():
            faults += _unusual(sent, spot, what, {name: value for name in spot.names("text")})
    assert not faults, "\n  ".join(["neither kept nor refused:", *faults])


def _unusual(sent, spot, what: str, values: dict[str, str]):
    """In all fields at once; where some refuse it, in the others. A search says that it found nothing."""
    answer, changed = sent(**values)
    is_answer = answer.status >= 400 or spot.is_search(values)
    if not changed and is_answer and bad.has_a_sentence(answer):
        others = {name: value for name, value in values.items() if name not in bad.refused_fields(answer)}
        return _unusual(sent, spot, what, others) if 0 < len(others) < len(values) else []
    kept = all(bad.is_kept(value, changed) or bad.comes_back(value, answer) for value in values.values())
    return [] if kept else [f"{spot}: {', '.join(values)} = {what}: {answer.status} {answer.flash} {changed[:2]}"]


@pytest.mark.sqlite  # the form alone decides: once is enough
def test_missing_and_doubled_fields_do_no_harm(app, spots):
    faults = []
    for browser, spot in spots:
        sent, names = Sent(app, browser, spot), [field.name for field in spot.fields]
        for what, options in {
            "nothing sent": {name: None for name in names},
            **({"no version": {"version": None}} if "version" in names else {}),
            "all doubled": {"forge": [(name, "0") for name in names]},
            "unknown added": {"forge": {"account_id": "1", "is_admin": "y", "sync_status": "synchronized"}},
        }.items():
            answer, changed = sent(**options)
            unseen = changed and "version" in names and what in ("no version", "nothing sent")
            if unseen or answer.status >= 500 or (answer.status >= 400 and not bad.has_a_sentence(answer)):
                faults.append(f"{spot}: {what}: {answer.status} {changed[:2]}")
    assert not faults, "\n  ".join(["refused without a word, or saved over what nobody saw:", *faults])


@pytest.mark.sqlite  # the form alone decides: once is enough
def test_other_bodies_are_refused(app, spots):
    faults = []
    bodies = {
        "2 MB": ("application/x-www-form-urlencoded", BIG),
        "JSON": ("application/json", b'{"name": "Carl", "version": 1}'),
        "text": ("text/plain", b"name=Carl"),
        "broken parts": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name="),
        "no boundary": ("multipart/form-data", b"--x\r\n"),
        "half an escape": ("application/x-www-form-urlencoded", b"%ZZ%&&==&%00=%"),
    }
    for browser, spot in spots:
        page = spot.open()
        action = spot.form_on(page).get("action") or page.url
        before = dump.dump(app)
        for what, (kind, body) in {**bodies, "files": bad.as_files(spot)}.items():
            headers = {"Content-Type": kind, "X-CSRFToken": page.csrf_token}
            answer = browser.send("POST", action, data=body, headers=headers)
            changed = dump.difference(before, dump.dump(app))
            if not spot.fields and what != "2 MB":
                continue  # the address says it all
            wrong = answer.status != 413 if what == "2 MB" else answer.status >= 500
            if wrong or changed or not bad.has_a_sentence(answer):
                faults.append(f"{spot}: {what}: {answer.status} {answer.flash} {changed[:2]}")
    assert not faults, "\n  ".join(["not refused, or without a word:", *faults])


@STRICTER
def test_impossible_ids_do_not_exist(app, browse, world):
    dora, rows, faults = browse("dora"), Rows(world), []
    for method, rule in all_routes(app):
        for name in rule.arguments & {"asset_id", "account_id", "user_id", "order_id"}:
            url = address(app, rule, rows.absent(rule) | {name: 424242})
            for impossible in (str(10**30), "-1", "0", "1.5", "%D9%A3", "1%00", "abc", "1e3", "%F0%9F%99%82"):
                path = url.replace("424242", impossible)
                data = {"csrf_token": dora.token()} if method == "POST" else None
                status = dora.raw(method, path, data=data).status_code
                if status not in (404, 405):
                    faults.append(f"{method} {path}: {status}")
    assert not faults, "\n  ".join(["such a thing cannot exist:", *faults])


HAVE_LISTS = (".index", "accounts.show")
OF_A_PAGE = (
    "before=%00&after=9999999999999999999999&as=%F0%9F%99%82&q=%F0%9F%99%82",
    "before=-1&draft=%00&under=abc&q=%00",
    "before=9223372036854775808&q=%ED%A0%80",
)
SEARCHES = (
    "q=" + "x" * 10_000,
    "q=%00",
    "q=%ED%A0%80",
    "q=%F0%9F%99%82",
    "q=%25%25%25",
    "q=%22%27%5C",
    "q=%D7%A7%D7%A8%D7%9C",
    "q==1%2B1",
)
FILTERS = (
    "status=no-such-status",
    "status=failed&status=review&status=",
    "account=-1",
    "account=" + "9" * 30,
    "account=%D9%A3",
    "product=abc",
    "sort=password_hash",
    "sort=-" + "x" * 5000,
    "from=9999-12-31&to=0001-01-01",
    "from=2026-02-31",
    "purchased_from=9999-12-31&purchased_to=99999-01-01",
    "purchased_from=31.12.2026",
    "after=" + "9" * 30,
    "before=%00",
    "cursor=eyJpZCI6IC0xfQ",
    "page=-1&page=10000000000000000000",
    "&&==&%ZZ",
    "unknown=" + "%0A" * 100,
)


@pytest.mark.parametrize("nick", ["dora", pytest.param("paula", marks=STRICTER), pytest.param("carl", marks=STRICTER)])
def test_no_address_is_our_fault(app, browse, world, nick, databases):
    """Forged filters, sorts and places in a list; nothing is carried out, nothing breaks. SQLite has a way of its own
    to search alone."""
    browser, rows, faults = browse(nick), Rows(world), []
    world.assets(3)
    is_stricter = isinstance(databases, PostgreSQLDatabases)
    of_a_list = (*OF_A_PAGE, *SEARCHES, *FILTERS) if is_stricter else SEARCHES
    for method, rule in all_routes(app):
        queries = of_a_list if rule.endpoint.endswith(HAVE_LISTS) else OF_A_PAGE if is_stricter else ()
        if method != "GET" or rule.endpoint == "static" or not queries:
            continue
        url = address(app, rule, rows.values(rule, rows.own_account(nick)))
        if browser.raw("GET", url).status_code != 200:
            continue
        for query in queries:
            status = browser.raw("GET", f"{url}?{query}").status_code
            if status not in (200, 400, 404, 414, 422):
                faults.append(f"{rule.endpoint}?{query[:60]}: {status}")
    assert not faults, "\n  ".join(["a forged address is no fault of ours:", *faults])


@pytest.mark.sqlite  # that both hide what is foreign, test_who_sees_what.py proves
def test_another_accounts_row_cannot_be_chosen(app, browse, world, spots):
    """Ids of rows that are in another tree, sent in each field that names a row."""
    faults, others = [], (world.rival, world.rival_customer, world.distributor, world.rita, world.remy)
    for browser, spot in spots:
        if spot.nick not in ("paula", "cora"):
            continue
        sent = Sent(app, browser, spot)
        for field in spot.fields:
            if field.kind not in ("choice", "hidden"):
                continue
            names_account = field.name.endswith("account")  # an own one may have the number of a foreign person
            for other in others[:3] if names_account else others:
                answer, changed = sent(**{field.name: other.id})
                if changed or answer.status >= 500:
                    faults.append(f"{spot}: {field.name} = {other.name}: {answer.status}")
    assert not faults, "\n  ".join(["another tree's row was taken:", *faults])


@pytest.mark.sqlite  # no database decides it: once is enough
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_of_very_many_fields_is_not_read(browse, kind):
    """A megabyte of them takes seconds."""
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    content = (part if "multipart" in kind else b"a=1&") * (request_limits.MOST_FIELDS + 1)
    answer = browse().raw("POST", "/sign-in", data=content, content_type=kind)
    assert answer.status_code == 413


@pytest.mark.sqlite  # no database decides it: once is enough
def test_an_address_of_very_many_arguments_is_not_read(browse):
    assert (
        browse("dana").raw("GET", "/bss/billing/assets?" + "q=a&" * request_limits.LONGEST_ADDRESS).status_code == 414
    )
