"""Sales > Orders: the list, its search, filters, pages and file."""

import csv
import io

import pytest

from portal.models import Channel, Hold, OrderState
from tests.bss import ordered

pytestmark = pytest.mark.sqlite  # what is found is proved on both in tests/services: once is enough


@pytest.fixture
def dana(browse):
    return browse("dana")


def numbers(page) -> list[str]:
    return [link.text for link in page.soup.select("#list tbody th a")]


def test_the_list_says_what_each_order_waits_for(dana, world):
    waiting = ordered.submitted(world, po_number="4500-1")
    done = ordered.mixed(world, world.asset("synchronized"), world.asset("synchronizing"))
    page = dana.open("bss.orders.index")
    assert {f"ORD-{waiting}", f"ORD-{done}"} <= set(numbers(page))
    row = page.by_id[f"order-{waiting}"].text
    for said in ("Waits for us", "Not executed automatically", "4500-1", "2 lines", "€416.50"):
        assert said in row, said
    assert "1 of 2" in page.by_id[f"order-{done}"].text


def test_an_amount_without_a_currency_is_not_known(dana, world):
    order = world.order(total=41_650, currency=None)
    row = dana.open("bss.orders.index").by_id[f"order-{order.id}"]
    assert row.select_one("[data-label=Total]").text == "–Not known"


def test_baskets_are_never_listed(dana, world):
    basket = world.order(state=OrderState.DRAFT, channel=Channel.STOREFRONT, executed_at=None)
    draft = world.order(state=OrderState.DRAFT, executed_at=None)
    assert numbers(dana.open("bss.orders.index")) == [draft.number]
    assert numbers(dana.open("bss.orders.index", q=basket.number)) == []


def test_filters_stand_in_the_address_and_are_taken_away(dana, world):
    credit = world.order(state=OrderState.SUBMITTED, hold=Hold.CREDIT, executed_at=None)
    staff = world.order(state=OrderState.SUBMITTED, hold=Hold.STAFF, executed_at=None)
    world.order()
    page = dana.open("bss.orders.index", state="submitted")
    assert numbers(page) == [staff.number, credit.number]
    page = dana.open("bss.orders.index", state="submitted", hold="credit")
    assert numbers(page) == [credit.number]
    (chip,) = page.soup.select("a.chip--set")
    assert numbers(dana.visit(chip["href"])) == [staff.number, credit.number]
    counts = {chip.contents[0].strip(): chip.b.text for chip in page.soup.select("nav a.chip")}
    assert (counts["Submitted"], counts["Executed"]) == ("1", "0")


def test_a_search_goes_by_post_and_leads_to_an_address(dana, world):
    order = world.order(po_number="4500-77")
    found = dana.submit(dana.open("bss.orders.index"), "Search", q="4500-7")
    assert found.url.endswith("?q=4500-7#list") or "q=4500-7" in found.url
    assert numbers(found) == [order.number]


def test_a_code_in_the_search_box_never_reaches_the_address(dana, world):
    asset = world.asset("synchronized")
    found = dana.submit(dana.open("bss.orders.index"), "Search", q=world.code_of(asset))
    assert found.url.endswith(f"/assets/{asset.id}")


def test_an_account_is_found_by_its_name(dana, world):
    order = world.order(world.rival_customer)
    world.order()
    page = dana.submit(dana.open("bss.orders.index"), "Find", **{"account-name": "Rivera Cloud"})
    assert numbers(page) == [order.number]
    assert "Rivera Cloud" in [chip.text.strip().split("\n")[0] for chip in page.soup.select("a.chip--set")][0]


@pytest.mark.parametrize(
    "query", ["state=x", "hold=x", "from=x", "to=9999-12-31", "account=x", "sort=x", "after=x", "q=%00"]
)
def test_what_cannot_be_read_is_left_out(dana, world, query):
    order = world.order()
    page = dana.visit(f"{dana.url('bss.orders.index')}?{query}")
    assert page.status == 200
    assert numbers(page) == ([] if query == "q=%00" and "Nothing" in page.text else [order.number])


def test_pages_lead_forwards_and_back(dana, world):
    for _ in range(60):
        world.order()
    first = dana.open("bss.orders.index")
    second = dana.press(first, "Next")
    assert (len(numbers(first)), len(numbers(second))) == (50, 10)
    assert numbers(dana.press(second, "Back")) == numbers(first)
    assert numbers(dana.press(first, "Last")) == (numbers(first) + numbers(second))[-50:]
    oldest = dana.press(first, "Placed")
    assert numbers(oldest) == (numbers(first) + numbers(second))[::-1][:50]


def test_the_file_has_what_the_list_shows(dana, world):
    ordered.submitted(world, po_number="=1+1")
    world.order()
    page = dana.open("bss.orders.index", state="submitted")
    answer = dana.raw("GET", next(link["href"] for link in page.soup.select("a[download]")))
    lines = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert len(lines) == 1
    (line,) = lines
    assert line["PO"] == "'=1+1"
    assert (line["Account code"], line["Total"], line["Currency"]) == (world.partner.code, "416.50", "EUR")
    assert (line["State"], line["Reason"], line["Lines"]) == ("Submitted", "Not executed automatically", "2")


def test_a_filtered_list_costs_four_statements(dana, world, sql):
    ordered.mixed(world, world.asset("synchronized"), world.asset("failed"))
    for query in ("", "?state=executed", "?q=mailbox", f"?account={world.partner.id}", "?hold=credit&from=2026-01-01"):
        address = dana.url("bss.orders.index") + query
        dana.visit(address)
        with sql() as statements:
            dana.visit(address)
        assert len(statements) <= 4, "\n\n".join(statements)


def test_the_work_queue_counts_what_waits_for_us(dana, world, sql):
    dana.open("bss.index")
    with sql() as before:
        dana.open("bss.index")
    credit = world.order(
        state=OrderState.SUBMITTED, hold=Hold.CREDIT, executed_at=None, total=41_650, currency="EUR", lines_count=2
    )
    world.order(state=OrderState.SUBMITTED, hold=Hold.START_DATE, executed_at=None)
    with sql() as after:
        page = dana.open("bss.index")
    assert len(after) == len(before)
    assert [link.text for link in page.soup.select("[aria-labelledby=orders-title] .list a")] == [
        "Over the credit limit"
    ]
    assert "€416.50" in page.text
    assert numbers(dana.press(page, "Over the credit limit")) == [credit.number]


def waiting(world, **columns):
    return world.order(state=OrderState.SUBMITTED, hold=Hold.STAFF, executed_at=None, **columns)


def test_several_are_cancelled_after_a_preview(dana, world):
    first, second, done = waiting(world), waiting(world), world.order()
    page = dana.visit(f"{dana.url('bss.orders.several')}?pick={first.id}&pick={second.id}&pick={done.id}")
    assert page.h1 == "3 orders"
    assert dana.submit(page, "Cancel 2 orders").errors == ["Say why; the buyer reads it."]
    world.edit(second, version=7)
    receipt = dana.submit(page, "Cancel 2 orders", reason="Ordered twice")
    for said in ("1 order is cancelled.", f"{second.number} was changed", f"{done.number} was executed"):
        assert said in receipt.flash, said
    assert receipt.flash.count(second.number) == receipt.flash.count(done.number) == 1
    assert [world.reload(order).state for order in (first, second, done)] == [
        OrderState.CANCELLED, OrderState.SUBMITTED, OrderState.EXECUTED,
    ]  # fmt: skip


def test_several_are_executed_and_enter_executes_none(dana, world):
    ids = [ordered.submitted(world), ordered.submitted(world)]
    page = dana.visit(f"{dana.url('bss.orders.several')}?pick={ids[0]}&pick={ids[1]}")
    first = page.soup.select("main form button")[0]
    assert first["value"] == "check"
    assert dana.submit(page, "Execute 2 orders: 70 licences").flash == "2 orders are executed."


def test_orders_of_nobody_are_not_previewed(dana, world):
    page = dana.visit(f"{dana.url('bss.orders.several')}?pick=2147483647&pick=x&pick=-1")
    assert "No order is chosen" in page.text
