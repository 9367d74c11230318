"""What a page costs in statements, session and user included, and that rows do not add to it."""

import pytest

from portal.core import audit

pytestmark = pytest.mark.sqlite  # test_who_sees_what opens each page on both: once is enough

LIST, DETAIL, ACCOUNT, SAVE = 3, 3, 5, 5
AUDIT = 5
ORDERS = 4
"""Session, count, rows, and what became of them; or session, order, lines and their assets."""

LISTS = [
    ("dana", "bss.assets.index"),
    ("dora", "bss.users.index"),
    ("dana", "accounts.index"),
    ("paula", "accounts.index"),
    ("paula", "storefront.assets.index"),
    ("carl", "storefront.assets.index"),
]
DETAILS = [
    ("dana", "bss.assets.show"),
    ("dana", "bss.assets.edit"),
    ("dana", "bss.assets.story"),
    ("paula", "storefront.assets.show"),
    ("carl", "storefront.assets.show"),
]
ORDER_PAGES = [
    ("dora", "bss.orders.show"),
    ("paula", "storefront.orders.show"),
    ("carl", "storefront.orders.show"),
]
STATUSES = ("failed", "synchronized", "synchronizing", "unconfirmed", "review")


def fill(world, rounds: int) -> None:
    for _ in range(rounds):
        customer = world.account(parent=world.partner)
        world.user(customer)
        world.user(world.distributor)
        for status in STATUSES:
            world.asset(status, account=world.customer)
            world.asset(status, account=customer)


def cost(sql, browser, url: str, **options) -> list[str]:
    browser.visit(url)  # what a process reads once, it has read
    with sql() as statements:
        page = browser.visit(url, **options)
    assert page.status == 200, page
    return statements


@pytest.mark.parametrize("nick, endpoint", LISTS)
def test_a_list_costs_three_statements_whatever_its_rows(world, browse, sql, nick, endpoint):
    browser = browse(nick)
    url = browser.url(endpoint)
    fill(world, 1)
    few = cost(sql, browser, url)
    fill(world, 2)
    many = cost(sql, browser, url)
    assert len(many) <= LIST, "\n\n".join(many)
    assert len(few) == len(many), "\n\n".join(many)


def test_the_list_of_orders_costs_four_statements_whatever_its_rows(world, browse, sql):
    """Its fourth says how far the executed ones are."""
    dana = browse("dana")
    fill(world, 1)
    few = cost(sql, dana, dana.url("bss.orders.index"))
    fill(world, 2)
    many = cost(sql, dana, dana.url("bss.orders.index"))
    assert len(few) == len(many) <= ORDERS, "\n\n".join(many)


def test_the_audit_log_costs_five_statements_whatever_its_entries(world, browse, sql):
    """Session, entries, their number, what they are about, and who acted."""
    dora = browse("dora")
    fill(world, 1)
    _record(world, 5)
    few = cost(sql, dora, dora.url("bss.audit.index"))
    fill(world, 2)
    _record(world, 30)
    many = cost(sql, dora, dora.url("bss.audit.index"))
    assert len(few) == len(many) <= AUDIT, "\n\n".join(many)


def _record(world, number: int) -> None:
    with world.app.app_context(), world.transaction():
        for place in range(1, number):
            for subject in ("asset", "account", "order", "user"):
                audit.record(subject, place, "edit", by=world.dana if place % 2 else audit.WORKER)


@pytest.mark.parametrize("query", ["status=failed", "q=mailbox", "sort=name", "sort=-name", "q=AS-1"])
def test_a_filtered_list_costs_no_more(world, browse, sql, query):
    fill(world, 3)
    dana = browse("dana")
    statements = cost(sql, dana, f"{dana.url('bss.assets.index')}?{query}")
    assert len(statements) <= LIST, "\n\n".join(statements)


@pytest.mark.parametrize("nick, endpoint", DETAILS)
def test_a_detail_costs_three_statements_whatever_its_history(world, browse, sql, nick, endpoint):
    browser = browse(nick)
    young, old = world.asset(attempts=1), world.asset(attempts=12)
    few = cost(sql, browser, browser.url(endpoint, asset_id=young.id))
    many = cost(sql, browser, browser.url(endpoint, asset_id=old.id))
    assert len(many) <= DETAIL, "\n\n".join(many)
    assert len(few) == len(many), "\n\n".join(many)


@pytest.mark.parametrize("status", STATUSES)
def test_a_detail_costs_three_statements_in_every_status(world, browse, sql, status):
    dana = browse("dana")
    statements = cost(sql, dana, dana.url("bss.assets.show", asset_id=world.asset(status).id))
    assert len(statements) <= DETAIL, "\n\n".join(statements)


@pytest.mark.parametrize("nick", ["paula", "carl"])
@pytest.mark.parametrize("query", ["", "?q=mailbox", "?state=executed"])
def test_the_storefronts_list_of_orders_costs_four_statements_whatever_its_rows(world, browse, sql, nick, query):
    browser = browse(nick)
    url = browser.url("storefront.orders.index") + query
    fill(world, 1)
    few = cost(sql, browser, url)
    fill(world, 2)
    many = cost(sql, browser, url)
    assert len(many) <= ORDERS, "\n\n".join(many)
    assert len(few) == len(many), "\n\n".join(many)


@pytest.mark.parametrize("nick, endpoint", ORDER_PAGES)
def test_an_order_costs_four_statements_whatever_its_lines(world, browse, sql, nick, endpoint):
    browser = browse(nick)
    small, large = world.asset("synchronized").order_id, world.waiting_order(lines=40).id
    executed = cost(sql, browser, browser.url(endpoint, order_id=small))
    waiting = cost(sql, browser, browser.url(endpoint, order_id=large))
    assert len(executed) <= ORDERS, "\n\n".join(executed)
    assert len(waiting) < ORDERS, "\n\n".join(waiting)


def test_approvals_cost_four_statements_whatever_waits(world, browse, sql):
    paula = browse("paula")
    url = paula.url("storefront.approvals.index")
    world.waiting_order()
    few = cost(sql, paula, url)
    for _ in range(5):
        world.waiting_order(lines=3)
    many = cost(sql, paula, url)
    assert len(few) == len(many) <= ORDERS, "\n\n".join(many)


@pytest.mark.parametrize("nick, most", [("paula", 3), ("carl", 2)])
def test_the_start_page_costs_no_more_than_what_it_counts(world, browse, sql, nick, most):
    browser = browse(nick)
    world.waiting_order()
    statements = cost(sql, browser, browser.url("storefront.index"))
    assert len(statements) <= most, "\n\n".join(statements)


@pytest.mark.parametrize(("nick", "more"), [("dana", 1), ("paula", 0), ("carl", 0)])
def test_account_details_cost_few_statements_whatever_hangs_below(world, browse, sql, nick, more):
    """One more for staff: whether an address of the account refused the last mail."""
    browser = browse(nick)
    url = browser.url("accounts.show", account_id=world.customer.id)
    fill(world, 1)
    few = cost(sql, browser, url)
    fill(world, 2)
    many = cost(sql, browser, url)
    assert len(many) <= ACCOUNT + more, "\n\n".join(many)
    assert len(few) == len(many), "\n\n".join(many)


@pytest.mark.parametrize("nick, endpoint", [("dana", "bss.assets.edit"), ("paula", "storefront.assets.edit")])
def test_a_save_costs_five_statements(world, browse, sql, nick, endpoint):
    browser = browse(nick)
    asset = world.asset("synchronized", attempts=5)
    page = browser.open(endpoint, asset_id=asset.id)
    browser.visit(page.url)
    form = next(form for form in page.soup.select("article form[method=post]") if form.select("[name=name]"))
    fields = {field["name"]: field.get("value", "") for field in form.select("input, textarea")}
    with sql() as statements:
        answer = browser.raw("POST", form["action"], data=fields | {"name": "Fresh words"})
    assert answer.status_code == 303, answer
    assert world.reload(asset).name == "Fresh words"
    assert len(statements) <= SAVE, "\n\n".join(statements)
