"""Sales > Orders > orders with many lines: written, pasted, saved, submitted, executed, discarded, ordered again."""

import pytest

from portal.extensions import db
from portal.models import Account, Asset, Order, OrderState, Price
from tests.bss import ordered

pytestmark = pytest.mark.sqlite  # what is saved is proved on both in tests/services: once is enough
TWO = {"product_1": "BT-MAILBOX", "quantity_1": "25", "product_2": "bt-bundle", "quantity_2": "10", "name_2": "Move"}


@pytest.fixture
def dana(browse):
    return browse("dana")


@pytest.fixture
def sheet(dana, world):
    """An empty sheet for a partner."""
    return dana.submit(dana.open("bss.orders.new_draft"), "Continue", account=world.partner.code)


def orders(world) -> list[Order]:
    with world.app.app_context():
        return list(db.session.scalars(db.select(Order).order_by(Order.id)))


def typed(dana, page, button: str, **cells):
    return dana.submit(page, button, **cells)


def test_the_account_is_asked_for_first(dana, world):
    page = dana.open("bss.orders.new_draft")
    assert page.soup.select("[name=product_1]") == []
    assert dana.submit(page, "Continue", account="Nobody").errors == [
        "No account has that name or code, or several have it."
    ]
    named = dana.submit(page, "Continue", account=world.partner.name)
    assert len(named.soup.select("[name^=product_]")) == 5
    assert len(dana.open("bss.orders.new_draft", account=world.partner.id).soup.select("[name^=product_]")) == 5


def test_prices_are_worked_out_and_nothing_is_saved(dana, world, sheet):
    page = typed(dana, sheet, "Recalculate", **TWO)
    assert page.status == 200
    assert "€442.50 without VAT" in page.text
    assert orders(world) == []
    more = dana.submit(page, "5 more lines")
    assert len(more.soup.select("[name^=product_]")) == 2 + 10


def test_it_is_saved_edited_submitted_and_executed(dana, world, sheet):
    saved = typed(dana, sheet, "Save as draft", **TWO, po_number="4500-9")
    assert saved.flash == "Saved as a draft. Nothing is ordered yet."
    (draft,) = orders(world)
    assert (draft.state, draft.lines_count, draft.licences, draft.po_number) == (OrderState.DRAFT, 2, 35, "4500-9")
    changed = typed(dana, saved, "Recalculate", account_1=world.customer.code, quantity_1="30")
    done = dana.submit(changed, "Submit and execute: buy 2 coupons, 40 licences", invoice_timing="at-once")
    assert done.flash == "Executed. BitTitan is being asked for 2 coupons."
    (order,) = orders(world)
    assert (order.state, order.licences) == (OrderState.EXECUTED, 40)
    with world.app.app_context():
        made = list(db.session.scalars(db.select(Asset).order_by(Asset.id)))
        assert [(asset.name, asset.account_id) for asset in made] == [
            (world.mailbox.name, world.customer.id), ("Move", world.partner.id),
        ]  # fmt: skip


def test_submitted_without_execution_it_waits_for_staff(dana, world, sheet):
    done = dana.submit(typed(dana, sheet, "Recalculate", **TWO), "Submit")
    assert done.flash == "Submitted, and not executed yet."
    assert "Waits for us" in done.text


def test_prices_that_nobody_saw_are_shown_first(dana, world, sheet):
    page = typed(dana, sheet, "Submit", **TWO)
    assert "Look at the prices first" in page.text
    assert orders(world) == []
    assert dana.submit(page, "Submit").flash == "Submitted, and not executed yet."


def test_a_changed_price_shows_both(dana, world, sheet):
    page = typed(dana, sheet, "Recalculate", **TWO)
    with world.transaction():
        price = db.session.scalar(db.select(Price).where(Price.product_id == world.mailbox.id, Price.currency == "EUR"))
        price.amount = 1250
    answer = dana.submit(page, "Submit")
    assert answer.status == 409
    for said in ("A price changed", "€11.90", "€12.50"):
        assert said in answer.text
    assert orders(world) == []
    assert dana.submit(answer, "Submit").flash == "Submitted, and not executed yet."
    assert orders(world)[0].total == 25 * 1250 + 10 * 1450


def test_enter_only_works_the_prices_out(dana, world, sheet):
    first = sheet.soup.select("main form button")[0]
    assert (first["name"], first["value"]) == ("act", "check")
    dana.post("bss.orders.new_draft", TWO | {"account": world.partner.code, "key": sheet.value("key")})
    assert orders(world) == []


@pytest.mark.parametrize(
    "cells, sentence",
    [
        ({"quantity_1": "10.5"}, "Enter whole licences, such as 10."),
        ({"quantity_1": "0"}, "Enter whole licences, such as 10."),
        ({"quantity_1": "1000000000"}, "Enter whole licences, such as 10."),
        ({"product_1": "BT-MAILBOK"}, "There is no product “BT-MAILBOK”. Did you mean BT-MAILBOX?"),
        ({"account_1": "QUAY"}, "“QUAY” is neither"),
        ({"name_1": "x" * 10_000}, "Use at most"),
    ],
)
def test_bad_cells_have_a_sentence_and_change_nothing(dana, world, sheet, cells, sentence):
    page = typed(dana, sheet, "Save as draft", **(TWO | cells))
    assert page.status == 422
    assert sentence in page.text
    assert orders(world) == []


def test_a_product_without_a_price_is_drafted_and_not_submitted(dana, world, sheet):
    product = world.product()
    page = typed(dana, sheet, "Recalculate", product_1=product.code, quantity_1="5")
    if "not sold" in page.text:
        assert dana.submit(page, "Submit").status == 422
        assert dana.submit(page, "Save as draft").flash == "Saved as a draft. Nothing is ordered yet."


def test_pasted_lines_are_added_and_the_others_stay(dana, world, sheet):
    text = f"BT-MAILBOX\t45\tReception\t{world.customer.code}\nBT-BUNDLE;30\nBT-MAILBOK,20\nwhat is this\n\n"
    page = typed(dana, sheet, "Add these rows", pasted=text, product_1="BT-BUNDLE", quantity_1="3")
    assert [field.get("value") for field in page.soup.select("[name^=quantity_]")][:3] == ["3", "45", "30"]
    assert page.one("textarea[name=pasted]").text == "BT-MAILBOK,20\nwhat is this\n"
    assert "Row 3: There is no product “BT-MAILBOK”. Did you mean BT-MAILBOX?" in page.text
    assert "Row 4: Write product code, licences, name, and the customer’s code." in page.text


@pytest.mark.parametrize("button", ["Save as draft", "Submit", "Submit and execute: buy 2 coupons, 35 licences"])
def test_pasted_rows_that_were_not_added_are_not_lost(dana, world, sheet, button):
    page = typed(dana, sheet, "Recalculate", **TWO)
    refused = dana.submit(page, button, pasted="BT-MAILBOX;5\n")
    assert "Some pasted rows were not added." in refused.text
    assert (refused.status, refused.one("textarea[name=pasted]").text) == (422, "BT-MAILBOX;5\n")


def test_a_new_order_asks_for_its_account(dana, world):
    page = dana.submit(dana.open("bss.orders.new_draft"), "Continue")
    assert page.errors == ["Enter the account’s name or code."]


def test_more_than_three_hundred_lines_are_refused(dana, world, sheet):
    page = typed(dana, sheet, "Add these rows", pasted="BT-MAILBOX;1\n" * 302)
    assert "An order has at most 300 lines." in page.text
    assert page.soup.select("[name=product_301]") == []


def test_a_line_is_removed(dana, world, sheet):
    page = typed(dana, sheet, "Recalculate", **TWO)
    left = dana.submit(page, "Remove line 1")
    assert [field.get("value") for field in left.soup.select("[name^=product_]")][:2] == ["bt-bundle", ""]


def test_over_the_limit_executing_asks_for_a_reason(dana, world, sheet):
    world.edit(world.find(Account, world.partner.id), credit_limit=10_000)
    page = typed(dana, sheet, "Recalculate", **TWO)
    asked = dana.submit(page, "Submit and execute: buy 2 coupons, 35 licences")
    assert (asked.status, asked.errors) == (422, ["Say why this order may go over the credit limit."])
    assert orders(world) == []
    done = dana.submit(asked, "Submit and execute: buy 2 coupons, 35 licences", over_limit_reason="They pay tomorrow")
    assert done.flash == "Executed. BitTitan is being asked for 2 coupons."


def test_a_payer_that_is_not_linked_keeps_the_draft(dana, world, sheet):
    page = typed(dana, sheet, "Recalculate", **TWO)
    world.edit(world.find(Account, world.partner.id), organization_id=None)
    answer = dana.submit(page, "Submit")
    assert "not synchronized with BitTitan" in answer.flash
    assert [order.state for order in orders(world)] == [OrderState.DRAFT]


def test_a_stale_draft_is_not_saved_over(dana, world):
    order_id = ordered.draft(world)
    page = dana.open("bss.orders.edit", order_id=order_id)
    dana.submit(dana.open("bss.orders.edit", order_id=order_id), "Save as draft", quantity_1="7")
    stale = dana.submit(page, "Save as draft", quantity_1="8")
    assert stale.status == 409
    assert stale.value("quantity_1") == "8"
    assert orders(world)[0].licences == 17
    assert dana.submit(stale, "Save as draft").status == 200
    assert orders(world)[0].licences == 18


def test_a_draft_is_discarded_after_a_question(dana, world):
    order_id = ordered.draft(world)
    page = dana.press(dana.open("bss.orders.edit", order_id=order_id), "Discard…")
    dana.post("bss.orders.discard", {"version": "1"}, order_id=order_id)
    assert len(orders(world)) == 1
    assert dana.submit(page, "Discard the draft").flash == f"ORD-{order_id} is discarded."
    assert orders(world) == []


def test_an_order_is_ordered_again_as_one_draft(dana, world):
    order_id = ordered.submitted(world, po_number="4500-1")
    page = dana.open("bss.orders.show", order_id=order_id)
    first = dana.submit(page, "Order again")
    dana.submit(page, "Order again")
    assert first.value("quantity_1") == "25"
    assert first.value("account_2") == world.customer.code
    assert first.value("po_number") == ""
    assert [order.state for order in orders(world)] == [OrderState.SUBMITTED, OrderState.DRAFT]


def test_a_name_of_several_customers_chooses_none(dana, world, sheet):
    twin = world.account(parent=world.partner, name=world.customer.name)
    page = typed(dana, sheet, "Recalculate", **TWO, account_1=twin.name)
    assert f"Several accounts are called “{twin.name}”. Write the code." in page.errors
    page = typed(dana, page, "Recalculate", account_1=twin.code)
    typed(dana, page, "Submit")
    (order,) = orders(world)
    with world.app.app_context():
        lines = db.session.get(Order, order.id, options=[db.selectinload(Order.lines)]).lines
        assert [line.account_id for line in lines] == [twin.id, world.partner.id]


def test_an_old_form_says_what_became_of_its_order(dana, world, sheet):
    page = typed(dana, sheet, "Recalculate", **TWO)
    dana.submit(page, "Submit")
    (order,) = orders(world)
    world.edit(order, state=OrderState.CANCELLED, hold=None)
    assert dana.submit(page, "Submit").flash == f"ORD-{order.id} was cancelled a moment before."


def test_a_form_that_was_changed_after_a_way_back_orders_nothing(dana, world, sheet):
    page = typed(dana, sheet, "Recalculate", **TWO)
    dana.submit(page, "Save as draft")
    page = typed(dana, page, "Recalculate", quantity_1="50")
    answer = dana.submit(page, "Submit and execute")
    (order,) = orders(world)
    assert (order.state, order.licences) == (OrderState.DRAFT, 35)
    assert answer.status == 409
    assert f"{order.number} already" in answer.text
