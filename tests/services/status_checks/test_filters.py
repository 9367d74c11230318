"""Lists of assets by what BitTitan says about their codes, few or many, alone or with other filters."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.models import AtBitTitan, SyncStatus
from portal.services import lists
from portal.services.lists import exports, list_counts
from portal.services.lists.list_filters import Filters

NOW = datetime.now(UTC)
WEEK = NOW - timedelta(days=7)
UNVERIFIED = {"is_verified": False, "confirmed_at": None}
COUPONS = {
    "active": {"read_at": NOW},
    "old": {"read_at": NOW - timedelta(days=9)},
    "redeemed": {"status": "Redeemed", "read_at": NOW - timedelta(days=90)},
    "not-listed": {"absent_at": NOW, "read_at": NOW},
    "unrecognised": UNVERIFIED | {"absent_at": NOW, "read_at": NOW, "status": None},
    "never-asked": UNVERIFIED | {"read_at": None, "status": None},
    "other": {"status": "Suspended", "read_at": NOW},
}
CASES = [
    (Filters(at_bittitan=AtBitTitan.ACTIVE), {"active", "old"}),
    *((Filters(at_bittitan=AtBitTitan(name)), {name}) for name in COUPONS if name not in ("active", "old")),
    (Filters(unanswered_since=WEEK), {"old", "never-asked"}),
    (Filters(unanswered_since=WEEK, at_bittitan=AtBitTitan.ACTIVE), {"old"}),
    (Filters(unanswered_since=WEEK, statuses=(SyncStatus.SYNCHRONIZED,)), {"old", "never-asked"}),
    (Filters(unanswered_since=WEEK, statuses=(SyncStatus.FAILED,)), set()),
    (Filters(unanswered_since=WEEK, purchased_from=NOW.date() - timedelta(days=3000)), {"old", "never-asked"}),
]


@pytest.mark.parametrize("cap", [list_counts.CAP, 1])
def test_each_filter_finds_what_it_says(checks, app_context, monkeypatch, cap):
    for module in (list_counts, lists):
        monkeypatch.setattr(module, "CAP", cap)
    names = {}
    for name, columns in COUPONS.items():
        names[checks.gone(**columns).id] = name
    checks.world.asset()
    for filters, found in CASES:
        query = lists.Query(filters)
        counts = lists.count(checks.world.dana, filters)
        rows = lists.page(checks.world.dana, query, counts).rows
        assert {names[row.id] for row in rows} == found, filters
        assert counts.total == min(len(found), cap + 1)
        plan = lists.plan(checks.world.dana, query, counts)
        lines = [row for batch in exports.batches(plan, ("id", "answered_at", "absent_at")) for row in batch]
        assert {names[row.id] for row in lines} == found


def test_nobody_else_can_ask_for_it(checks, app_context):
    checks.gone(**COUPONS["not-listed"])
    for person in (checks.world.paula, checks.world.carl):
        filters = Filters(at_bittitan=AtBitTitan.ACTIVE, unanswered_since=WEEK)
        assert lists.count(person, filters).total == 1
