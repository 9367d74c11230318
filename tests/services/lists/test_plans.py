"""No list reads a whole table: the planner's own word, for each filter × order × viewer that a screen offers."""

import itertools
import re

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from werkzeug.datastructures import MultiDict

from portal.core import access
from portal.core.viewer import Tree
from portal.database import VALUES_MATTER
from portal.display.lists import list_page as web_lists
from portal.extensions import db
from portal.models import SyncStatus
from portal.services import inbox, lists, pasted_codes
from portal.services.accounts import account_page
from portal.services.assets import asset_history
from portal.services.inbox import failure_groups
from portal.services.lists import list_counts, list_sorts
from portal.services.lists.list_filters import Filters
from portal.services.lists.totals import Sum

FILTERS = [
    {},
    {"status": "failed"},
    {"status": "review"},
    {"lifecycle": "cancelled"},
    {"asked": "1"},
    {"redeem": "expired"},
    {"redeem": "expiring"},
    {"redeem": "no-code"},
    {"redeem": "unredeemed", "due": "next-month"},
    {"redeem-from": "2026-01-01", "redeem-to": "2027-01-31"},
    {"imported": "1"},
    {"at": "active"},
    {"at": "not-listed"},
    {"at": "unrecognised", "unconfirmed": "7"},
    {"unconfirmed": "7"},
    {"account": "partner", "at": "redeemed"},
    {"billed": "partner", "redeem": "redeemed"},
    {"product": "1"},
    {"from": "2026-01-01", "to": "2026-01-31"},
    {"from": "2026-01-01", "currency": "EUR"},
    {"account": "partner"},
    {"account": "customer", "status": "failed"},
    {"q": "mailbox"},
    {"q": "ma"},
    {"q": "bright", "status": "failed"},
    {"q": "7-Q", "lifecycle": "cancelled"},
]
ORDERS = ["-purchased", "redeem-by", "name", "customer"]
MORE = 3000
WHOLE_TABLE = {
    # An index of all rows is read for its order, until a page is full; an index of some rows holds no others.
    "sqlite": re.compile(
        r"SCAN (assets|coupons|attempts|accounts|users)"
        r"(?! USING (COVERING )?INDEX ix_\w+_(all_|asked|cancelled|name_sort))"
    ),
    "postgresql": re.compile(r"Seq Scan on (assets|coupons|attempts)"),
}


def fill_with_thousands(world):
    asset = world.asset("synchronized")
    world.asset("failed", account=world.direct_customer)
    with world.transaction():
        _multiply(asset.id)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


@pytest.fixture
def fill(request):
    return fill_with_thousands if "crowded" in request.fixturenames else None


@pytest.fixture
def crowded(app, world):
    """Thousands of rows, made from one by the database itself, and told to its planner."""
    with app.app_context():
        if db.engine.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                # To a planner that knows how few these rows are, reading all of them is cheap.
                connection.execute(text(f"ALTER DATABASE {db.engine.url.database} SET enable_seqscan = off"))
        db.session.remove()
        db.engine.dispose()
    return world


def _multiply(asset_id: int) -> None:
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MORE})"
    different = {
        "id": "assets.id + 1000 + i",
        "reference": "'reference-' || i",
        "external_id": "NULL",
        "external_key": "NULL",
        "name": "'Mailboxes ' || i",
        "name_key": "'mailboxes ' || i",
        "name_sort": "CAST('mailboxes ' || i AS {})".format({"sqlite": "BLOB"}.get(db.engine.dialect.name, "BYTEA")),
        "sync_status": "CASE i % 30 WHEN 0 THEN 'failed' ELSE 'synchronized' END",
        "lifecycle": "CASE i % 90 WHEN 0 THEN 'cancelled' ELSE 'active' END",
    }
    columns = [column.name for column in db.metadata.tables["assets"].columns]
    values = ", ".join(different.get(name, f"assets.{name}") for name in columns)
    db.session.execute(
        text(
            f"INSERT INTO assets ({', '.join(columns)}) {numbers} "
            f"SELECT {values} FROM n CROSS JOIN assets WHERE assets.id = :id"
        ),
        {"id": asset_id},
    )


@pytest.fixture
def plans(app):
    """`plans(user, args)`: the list, and the lines of the plans of all that was asked for it."""

    def explain(user, args: MultiDict):
        return _explained(lambda: web_lists.asset_list(user, args, path="/list"))

    with app.test_request_context("/list"):
        yield explain


def _explained(act) -> tuple:
    """What it returned, and the lines of the plans of all that it asked for."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        told = act()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    connection = db.session.connection()
    word = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    chosen = [(each, given) for each, given in asked if each.startswith(("SELECT", "WITH"))]
    rows = [row for each, given in chosen for row in connection.exec_driver_sql(word + each, given)]
    return told, [str(row[-1]).strip() for row in rows]


_OF_EACH_CAUSE = "SEARCH attempts USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN"


def test_the_causes_of_failed_assets_are_read_from_indexes_alone(crowded, app):
    """PostgreSQL may find so few in another way; what it never does is to read all assets."""
    with app.app_context():
        told, lines = _explained(lambda: failure_groups.groups(crowded.dana))
        dialect = db.engine.dialect.name
    assert told.sum.count > 1
    assert not any(WHOLE_TABLE[dialect].search(line) for line in lines), lines
    if dialect == "sqlite":
        assert any("USING COVERING INDEX ix_assets_failed" in line for line in lines), lines
        assert [line for line in lines if "attempts" in line] == [_OF_EACH_CAUSE]


def test_the_work_queue_and_the_page_of_a_cause_read_no_whole_table(crowded, app):
    """Nor the attempts of the assets that failed, and of codes that expire soon only the index."""
    with app.app_context():
        viewer = crowded.dana
        found, lines = _explained(lambda: failure_groups.of_cause(viewer, "CreditLimitExceeded", 50))
        _, others = _explained(lambda: [inbox.counts(viewer, Sum()), inbox.newest(viewer, SyncStatus.FAILED)])
        dialect = db.engine.dialect.name
    assert found.group.sum.count == 1
    assert [line for line in lines + others if WHOLE_TABLE[dialect].search(line)] == []
    if dialect == "sqlite":
        assert any("USING COVERING INDEX ix_assets_failed" in line for line in lines), lines
        assert any("USING COVERING INDEX ix_assets_in_review" in line for line in others), others
        assert any("INDEX ix_coupons_unredeemed" in line for line in others), others


@pytest.mark.parametrize("nick", ["dana", "paula", "carl"])
def test_what_a_list_counts_it_counts_in_an_index_alone(crowded, app, nick):
    """Of the list itself, and of the page of an account. Of one account never among all that failed."""
    viewer, account = getattr(crowded, nick), crowded.customer if nick == "carl" else crowded.partner
    whole, own = Filters(), Filters(within=Tree.of(account))
    with app.test_request_context():
        _, lines = _explained(lambda: [lists.opening(viewer, each) for each in (whole, own)])
        _, of_page = _explained(lambda: account_page.summary(account, viewer, with_people=True))
        if db.engine.dialect.name == "sqlite":
            looked_at = [line for line in lines + of_page if re.match("(SEARCH|SCAN) assets", line)]
            assert len(looked_at) > 12
            assert [line for line in looked_at if "USING COVERING INDEX" not in line] == []
            assert sum("ix_assets_failed" in line for line in looked_at) == (nick == "dana")
        else:
            assert not [line for line in lines + of_page if WHOLE_TABLE["postgresql"].search(line)]


@pytest.mark.parametrize(
    "args, values_matter",
    [({}, [False, False]), ({"q": "mailbox"}, [True, False]), ({"product": "1"}, [True, True])],
)
def test_a_list_is_planned_once_unless_what_is_looked_for_matters(crowded, app, args, values_matter):
    """To count and to show: what a search has counted, it knows. PostgreSQL has its own record of what it has planned
    without looking at the values."""
    told = []

    def note(_connection, _cursor, statement, _parameters, context, *_):
        told.extend([bool(context.execution_options.get(VALUES_MATTER))] * statement.startswith("WITH"))

    with app.test_request_context("/list"):
        event.listen(Engine, "before_cursor_execute", note)
        try:
            for _ in range(12):
                web_lists.asset_list(crowded.paula, MultiDict(args), path="/list")
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert told == values_matter * 12
        if db.engine.dialect.name == "postgresql":
            known = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%assets%' AND generic_plans > 0"
            assert db.session.scalar(text(known)) == values_matter.count(False)


@pytest.mark.parametrize("cap", [10_000, 20])
def test_no_list_reads_a_whole_table(crowded, plans, monkeypatch, cap):
    for module in (list_counts, lists):
        monkeypatch.setattr(module, "CAP", cap)
    whole, faults = WHOLE_TABLE[db.engine.dialect.name], []
    for nick, filters, order in itertools.product(("dana", "paula", "carl"), FILTERS, ORDERS):
        args = MultiDict({name: _value(crowded, value) for name, value in filters.items()} | {"sort": order})
        listing, lines = plans(getattr(crowded, nick), args)
        found = [line for line in lines if whole.search(line)]
        if found and not _reads_all_for_a_reason(listing, filters):
            faults += [f"{nick} {dict(args)}: {line}" for line in found]
    assert not faults, f"{len(faults)} plans: " + "\n".join(faults[:40])


def test_the_page_of_an_asset_reads_no_whole_table(crowded, app):
    """Nor does it find everybody with their accounts, to look for one."""
    with app.app_context():
        asset_id = crowded.asset("failed").id
        _, lines = _explained(lambda: asset_history.of(access.visible_asset(crowded.dana, asset_id)))
        whole = WHOLE_TABLE[db.engine.dialect.name]
    assert [line for line in lines if whole.search(line)] == []


@pytest.mark.parametrize("term", ["🙂🙂🙂", "---"])
def test_signs_alone_are_looked_up_too(crowded, plans, term):
    """PostgreSQL has no trigrams of them."""
    looked_up = {"sqlite": "SCAN search_assets VIRTUAL TABLE", "postgresql": "Index Scan on search_assets_signs"}
    _, lines = plans(crowded.dana, MultiDict({"q": term}))
    assert any(looked_up[db.engine.dialect.name] in line for line in lines), lines


@pytest.mark.parametrize("term", ["zzzz", "ma", "bright"])
def test_a_search_never_reads_a_whole_branch(crowded, plans, term):
    """Which may be most of all there is. PostgreSQL knows how many rows an index finds, SQLite guesses."""
    whole = WHOLE_TABLE | {"sqlite": re.compile(r"SEARCH assets USING .*\(branch_id=\?\)$")}
    _, lines = plans(crowded.paula, MultiDict({"q": term}))
    assert [line for line in lines if whole[db.engine.dialect.name].search(line)] == []


def test_what_accounts_are_found_for_is_counted_and_ordered_in_an_index_alone(crowded, plans):
    """Of a large account, a search would otherwise read a row for each asset, twice."""
    listing, lines = plans(crowded.dana, MultiDict({"q": crowded.customer.name}))
    assert listing.counts.total > MORE // 2
    if db.engine.dialect.name == "sqlite":
        assert "SEARCH assets USING COVERING INDEX ix_assets_account_id_sync_status (account_id=?)" in lines
        rows = [line for line in lines if line == "SEARCH assets USING INTEGER PRIMARY KEY (rowid=?)"]
        assert len(rows) == 2, lines  # of what is found by its own name, and of the page


def test_a_name_like_a_code_does_not_read_all_codes(crowded, app):
    """`Lager.2B7.Nord` may be a code in other letters: it is looked for by its trigrams, not among all codes."""
    whole = WHOLE_TABLE | {"sqlite": re.compile(r"SCAN coupons|ix_coupons_standing")}
    with app.app_context():
        found, lines = _explained(lambda: pasted_codes.look_up(crowded.dana, "Castaño Bodegas, Lager.2B7.Nord"))
        assert found is None
        assert any("search_codes" in line or "coupons" in line for line in lines)
        assert [line for line in lines if whole[db.engine.dialect.name].search(line)] == []


def _reads_all_for_a_reason(listing, filters: dict) -> bool:
    """The table itself is in the order of the numbers; and all of a short list can be put in any order."""
    return listing.page.sort is list_sorts.BY_ID or not (filters or listing.counts.is_capped)


def _value(world, value: str) -> str:
    return str(getattr(world, value).id) if value in ("partner", "customer") else value
