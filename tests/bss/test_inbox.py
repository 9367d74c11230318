"""The work queue: what failed and why, what it is worth, and how it is mended at once."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import db
from portal.models import Connection, JobKind, Worker
from portal.services import inbox, jobs
from portal.services.inbox import failure_groups
from portal.services.lists.totals import Sum
from tests.asset_requests import request


@pytest.fixture
def dana(browse):
    return browse("dana")


def failed(world, cause: str | None, *, ago: timedelta = timedelta(minutes=5), **columns):
    at = datetime.now(UTC) - ago
    return world.asset("failed", attempt={"cause": cause, "requested_at": at, "settled_at": at}, **columns)


def row_of(page, words: str) -> str:
    (found,) = [row for row in page.rows if words in row]
    return found


def test_causes_are_grouped_with_their_number_money_and_age(world, dana):
    failed(world, "CreditLimitExceeded", quantity=10, unit_price=1000, ago=timedelta(days=3, hours=1))
    failed(world, "CreditLimitExceeded", quantity=1, unit_price=50, account=world.rival_customer)
    failed(world, "ConnectionRefused", quantity=2, unit_price=100)
    page = dana.open("bss.index")
    credit = row_of(page, "Credit limit exceeded")
    for said in ("BitTitan refused", "€100.00", "US$0.50", "3 days", "Raise the limit", "Retry 2"):
        assert said in credit
    assert "Retry 1" in row_of(page, "The connection was refused")


def test_causes_come_before_everything_else_that_waits(world, dana):
    failed(world, "CreditLimitExceeded")
    request(world)
    text = dana.open("bss.index").text
    assert text.index("Failed, by cause") < text.index("who wait for an answer")


def test_what_is_cancelled_counts_nowhere(world, dana):
    failed(world, "CreditLimitExceeded", lifecycle="cancelled")
    page = dana.open("bss.index")
    assert "Credit limit exceeded" not in page.text
    assert "Nothing waits for you" in page.text
    assert "No asset fails for this reason any more" in dana.open("bss.group", cause="CreditLimitExceeded").text


def test_what_has_no_price_is_said_so(world, dana):
    now = datetime.now(UTC)
    world.asset("failed", attempts=0, imported_at=now, unit_price=None, currency=None)
    row = row_of(dana.open("bss.index"), "Nothing was sent yet")
    assert "1 without a price" in row
    assert "Imported without a code" in row


def test_each_number_opens_the_list_that_it_counts(world, dana):
    for _ in range(2):
        failed(world, "CreditLimitExceeded")
    failed(world, "CreditLimitExceeded", account=world.rival_customer)
    failed(world, "CreditLimitExceeded", lifecycle="cancelled")
    failed(world, "AccountNotLinked")
    failed(world, None)
    world.asset("failed", attempts=0)
    world.asset("synchronized", attempt={"cause": "CreditLimitExceeded"})
    page = dana.open("bss.index")
    links = page.soup.select("td.num > a")
    assert [(int(link.next), len(dana.visit(link["href"]).rows)) for link in links] == [(3, 3), (1, 1), (1, 1), (1, 1)]
    group = dana.open("bss.group", cause="CreditLimitExceeded")
    links = group.soup.select("td.num > a")
    assert [(int(link.next), len(dana.visit(link["href"]).rows)) for link in links] == [(2, 2), (1, 1)]
    assert "Failed: Credit limit exceeded" in dana.visit(links[0]["href"]).text


def test_only_the_last_attempt_says_why(world, dana):
    asset = failed(world, "AccountNotLinked", attempts=3)
    earlier = world.attempts_of(asset)[0]
    assert earlier.cause == "CreditLimitExceeded"
    page = dana.open("bss.index")
    assert len([row for row in page.rows if "Retry" in row or "Open" in row]) == 1
    assert dana.visit("/bss/billing/assets?cause=CreditLimitExceeded").rows == []


def test_a_review_counts_without_an_attempt(world):
    """As in the list that the tile opens: an imported code was withdrawn, and nobody has sent anything."""
    world.asset("review", attempts=0)
    with world.app.app_context():
        assert inbox.counts(world.dana, Sum()).review.count == 1


def test_the_tiles_say_money_and_age(world, dana):
    at = datetime.now(UTC) - timedelta(days=2, hours=1)
    world.asset("review", quantity=10, unit_price=1000, attempt={"requested_at": at})
    tile = dana.open("bss.index").one("#tile-review")
    assert "€100.00" in tile.get_text()
    assert "oldest 2 days" in tile.get_text()


def test_more_than_can_be_counted_is_said_so(world, dana, monkeypatch):
    for module in ("inbox.failure_groups", "inbox", "lists.list_counts"):
        monkeypatch.setattr(f"portal.services.{module}.CAP", 3)
    monkeypatch.setattr("portal.bss.inbox.inbox_page.CAP", 3)
    for _ in range(6):
        failed(world, "CreditLimitExceeded")
    page = dana.open("bss.index")
    assert "3+" in page.one("#tile-failed").get_text()
    assert "Retry 3+" in page.text


@pytest.mark.sqlite  # no database decides it: once is enough
def test_a_group_is_retried_one_first_and_mended_days_go_with_it(world, dana, work, sandbox):
    first, other = failed(world, "ExpireDaysOutOfRange", expire_days=1095), failed(world, "ExpireDaysOutOfRange")
    failed(world, "CreditLimitExceeded")
    page = dana.press(dana.open("bss.index"), "The expire days are over its limit")
    preview = dana.submit(page, "Show what will be sent", expire_days="365")
    assert "2 assets" in preview.text
    assert preview.value("expire_days") == "365"
    assert preview.one("[name=canary]").has_attr("checked")
    refused = dana.submit(preview, "Start", expire_days="0")
    assert refused.status == 422
    dana.submit(preview, "Start", expire_days="365")
    for _ in range(3):
        work.later(5)
    assert {entry["reference"] for entry in sandbox.control.purchases()} == {first.reference, other.reference}
    assert world.reload(first).expire_days == 365


@pytest.mark.sqlite  # no database decides it: once is enough
def test_a_viewer_sees_the_causes_and_changes_nothing(world, browse):
    failed(world, "AccountNotLinked")
    vera = browse("vera")
    for page in (vera.open("bss.index"), vera.open("bss.group", cause="AccountNotLinked")):
        assert "The billed account is not linked" in page.text
        assert page.soup.select("main form") == []


@pytest.mark.parametrize("cause", ["%00", "x y", "a" * 61, "%F0%9F%98%80", "'"])
def test_what_can_be_no_cause_does_not_exist(world, dana, cause):
    assert dana.raw("GET", f"/bss/queue/{cause}").status_code == 404
    assert "That reason is not known" in dana.visit(f"/bss/billing/assets?cause={cause}").text


@pytest.mark.sqlite  # no database decides it: once is enough
def test_the_page_looks_again_ever_seldomer(world, dana):
    failed(world, "CreditLimitExceeded")
    page, waits = dana.open("bss.index"), []
    for _time in range(20):
        trigger = page.one("#queue-look")["hx-trigger"]
        waits.append(int(trigger.removeprefix("load delay:").removesuffix("s")))
        page = dana.poll(page)
    assert page.soup.select_one("#queue")
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (15, 60)


@pytest.mark.sqlite  # no database decides it: once is enough
def test_a_poll_brings_the_bar_what_is_known_of_bittitan(world, dana):
    failed(world, "CreditLimitExceeded")
    known = world.find(Connection, 1)
    world.edit(known, answered_at=datetime(2026, 3, 5, 14, 7, tzinfo=UTC))
    page = dana.open("bss.index")
    assert page.by_id["signal"].get_text() == "BitTitan answered at 5 Mar 2026, 14:07"
    world.edit(known, is_open=True, cause="TimedOut", held_until=datetime.now(UTC) + timedelta(minutes=5))
    assert dana.poll(page).by_id["signal"].get_text() == "BitTitan is not answering"


def test_what_bittitan_refused_is_not_mended_by_waiting(world, dana):
    failed(world, "InvalidRequest", ago=timedelta(days=1, hours=1))
    refused = row_of(dana.open("bss.index"), "It did not understand the request")
    assert "If BitTitan refuses it again, ask BitTitan why" in refused
    assert "1 day" in refused
    assert "1 days" not in refused


def test_the_queue_costs_a_fixed_number_of_statements(world, dana, sql):
    def cost() -> int:
        with sql() as statements:
            dana.open("bss.index")
        return len(statements)

    failed(world, "CreditLimitExceeded")
    world.asset("review")
    dana.open("bss.index")
    few = cost()
    for cause in ("AccountNotLinked", "ConnectionRefused", "Forbidden"):
        for account in (world.customer, world.rival_customer, world.direct_customer):
            failed(world, cause, account=account)
            world.asset("review", account=account)
    assert cost() == few <= 14, "nine of the queue, two of billing exceptions, three of the month"


def test_groups_are_those_of_what_the_reader_sees(app, world):
    failed(world, "CreditLimitExceeded")
    failed(world, "CreditLimitExceeded", account=world.rival_customer)
    with app.app_context():
        found = failure_groups.groups(world.reload(world.paula))
    assert found.sum.count == 1


def test_work_that_nobody_does_is_said(app, world, dana):
    assert "No worker is running" not in dana.open("bss.index").text
    with app.app_context(), transaction():
        jobs.schedule(JobKind.CLEANUP, 0, clock.now() - timedelta(minutes=5))
    assert "What was due 5 minutes ago has not been done yet" in dana.open("bss.index").text
    assert "No worker is running" in dana.open("bss.index").text
    with app.app_context(), transaction():
        db.session.add(Worker(id="here", started_at=clock.now(), seen_at=clock.now()))
    page = dana.open("bss.index").text
    assert "The workers are too slow" in page
    assert "No worker is running" not in page


def test_a_tile_names_the_largest_amount_and_counts_the_others(world, dana):
    for number, currency in enumerate(("EUR", "USD", "GBP", "PLN", "JPY"), start=1):
        world.asset("review", currency=currency, unit_price=1000 * number, quantity=1)
    amounts = [each.get_text() for each in dana.open("bss.index").soup.select("#tile-review .tile__amount")]
    assert amounts == ["JP¥5,000", "and 4 more currencies"]


def test_a_coupon_waits_for_its_decision_though_its_alert_was_seen(world, dana):
    assert "surplus register" not in dana.open("bss.index").text
    world.surplus(world.asset("synchronized"))
    page = dana.open("bss.index")
    assert "1 coupon in the surplus register waits for a decision." in page.text
    assert "Nothing waits for you" not in page.text
