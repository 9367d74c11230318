"""Price lists in the browser: the distributor's in the back office, a partner's in the Storefront."""

from datetime import date, timedelta

import pytest

from portal.core import clock
from portal.models import PriceLine, PriceList
from tests.page import words

pytestmark = pytest.mark.sqlite  # what is saved is proved on both in tests/services: once is enough


@pytest.fixture
def today(app) -> date:
    with app.app_context():
        return clock.today()


def lines(world, list_id: int) -> set[tuple]:
    with world.app.app_context():
        rows = PriceLine.query.filter_by(list_id=list_id)
        return {(row.product_id, row.min_quantity, row.amount, row.discount) for row in rows}


def newest(world) -> PriceList:
    with world.app.app_context():
        return PriceList.query.order_by(PriceList.id.desc()).first()


@pytest.fixture
def dora(browse):
    return browse("dora")


@pytest.fixture
def draft(dora, world, today):
    """Dora's draft with two lines, assigned to the partner."""
    made = dora.submit(dora.open("bss.price_lists.new"), "Save the draft", name="Partners", valid_from=str(today))
    assert made.h1 == "Partners"
    mailbox = str(world.mailbox.id)
    typed = {
        "product_0": mailbox, "value_0": "10.90", "product_1": mailbox, "min_quantity_1": "100", "kind_1": "discount",
        "value_1": "12.5 %",
    }  # fmt: skip
    saved = dora.submit(made, "Save the draft", **typed)
    assert saved.flash == "Saved."
    return dora.submit(saved, "Assign", account="NORTH")


def test_a_list_is_drafted_assigned_used_and_pays(dora, world, draft):
    assert lines(world, newest(world).id) == {(world.mailbox.id, 1, 1090, None), (world.mailbox.id, 100, None, 1250)}
    used = dora.submit(draft, "Put it in use from its first day")
    assert "Partners is in use." in used.flash
    assert "Save the draft" not in used.buttons
    ordering = dora.open("bss.orders.new", account=world.customer.id, product=world.mailbox.id, quantity="100")
    assert "€10.41" in dora.submit(ordering, "Show the total first").text


def test_working_it_out_saves_nothing(dora, world, draft):
    before = lines(world, newest(world).id)
    shown = dora.submit(draft, "Recalculate", value_0="1.00")
    assert "1.00" in words(shown.soup.select("table.sheet strong")[0])
    assert lines(world, newest(world).id) == before


def test_pasted_rows_go_into_the_sheet_first(dora, world, draft):
    pasted = "Code\tFrom\tPrice\nBT-BUNDLE\t50\t15 %\nBT-MAILBOX;1;10.50"
    shown = dora.submit(draft, "Add to the sheet", pasted=pasted)
    assert "This line was not understood: Code" in shown.text
    assert words(shown.soup.find(id="pasted")) == "Code From Price"
    saved = dora.submit(shown, "Save the draft", pasted="")
    assert saved.flash == "Saved."
    assert lines(world, newest(world).id) == {
        (world.mailbox.id, 1, 1050, None), (world.mailbox.id, 100, None, 1250), (world.bundle.id, 50, None, 1500),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"value_0": "ten"}, "Enter an amount such as 10000.50."),
        ({"value_1": "12,5"}, "Enter a discount such as 12.5 %."),
        ({"value_1": "101"}, "Enter a discount from 0 to 100 %."),
        ({"product_0": "9" * 5000}, "Choose a product."),
        ({"min_quantity_0": "100"}, "It is there twice."),
        ({"product_0": "", "value_0": "5"}, "Choose a product."),
        ({"min_quantity_0": "1e3"}, "Enter a whole number."),
        ({"valid_until": "2020-01-01"}, "The last day is before the first."),
    ],
)
def test_what_cannot_be_saved_is_marked(dora, world, draft, fields, sentence):
    before = lines(world, newest(world).id)
    refused = dora.submit(draft, "Save the draft", **fields)
    assert refused.status == 422
    assert sentence in refused.errors
    assert lines(world, newest(world).id) == before


@pytest.mark.parametrize("act", ["Save the draft", "Put it in use from its first day"])
def test_what_was_pasted_is_seen_before_it_is_saved(dora, world, draft, act):
    before = lines(world, newest(world).id)
    shown = dora.submit(draft, act, pasted="BT-BUNDLE 50 15 %")
    assert "15 %" in [cell["value"] for cell in shown.soup.select("table.sheet input")]
    assert (lines(world, newest(world).id), newest(world).used_at) == (before, None)


@pytest.mark.parametrize("act", ["Recalculate", "Save the draft"])
def test_a_list_that_was_put_in_use_meanwhile_shows_its_own_prices(dora, world, draft, act):
    dora.submit(draft, "Put it in use from its first day")
    late = dora.submit(draft, act, value_0="1.00")
    assert "It is in use, so it is not edited." in late.flash
    assert "10.90" in late.text
    assert "1.00" not in late.text


def test_a_row_is_removed_and_a_list_in_use_is_copied(dora, world, draft, today):
    saved = dora.submit(draft, "Save the draft", kind_1="remove")
    assert lines(world, newest(world).id) == {(world.mailbox.id, 1, 1090, None)}
    first = newest(world)
    copied = dora.submit(dora.submit(saved, "Put it in use from its first day"), "Copy")
    assert "It follows “Partners”" in copied.text
    later = today + timedelta(days=30)
    dora.submit(copied, "Put it in use from its first day", valid_from=str(later), value_0="11.00")
    world_first = world.find(PriceList, first.id)
    assert world_first.valid_until == later - timedelta(days=1)


def test_a_clash_is_named(dora, world, draft, today):
    dora.submit(draft, "Put it in use from its first day")
    made = dora.submit(dora.open("bss.price_lists.new"), "Save the draft", name="Second", valid_from=str(today))
    dora.submit(made, "Save the draft", product_0=str(world.mailbox.id), value_0="9")
    page = dora.submit(dora.open("bss.price_lists.edit", list_id=newest(world).id), "Assign", account="NORTH")
    refused = dora.submit(page, "Put it in use from its first day")
    assert "would have two prices" in refused.flash
    assert world.find(PriceList, newest(world).id).used_at is None


def test_return_in_a_field_changes_nothing(dora, world, draft):
    used = dora.submit(draft, "Put it in use from its first day")
    other = world.account("partner", code="OTHER")
    list_id = newest(world).id
    for address, typed in (("assign", {"account": other.code}), ("end", {"last_day": "2999-01-01"})):
        sent = {"csrf_token": dora.token(), "act": "check"} | typed
        answer = dora.raw("POST", dora.url(f"bss.price_lists.{address}", list_id=list_id), data=sent)
        assert answer.status_code == 200
    assert newest(world).valid_until is None
    assert "1" in words(used.soup.find(id="accounts-title").parent)
    assert other.name not in dora.open("bss.price_lists.edit", list_id=list_id).text


def test_ending_unassigning_and_deleting(dora, world, draft, today):
    used = dora.submit(draft, "Put it in use from its first day")
    ended = dora.submit(used, "End it on that day", last_day=str(today))
    assert ended.flash == "Partners ends on that day."
    assert dora.submit(ended, "End it on that day", last_day="2020-01-01").status == 422
    made = dora.submit(dora.open("bss.price_lists.new"), "Save the draft", name="Gone", valid_from=str(today))
    assert dora.submit(made, "Delete the draft").flash == "Gone is removed."


def test_the_question_is_answered_step_by_step(dora, world, draft, today):
    dora.submit(draft, "Put it in use from its first day")
    page = dora.open("bss.price_lists.why")
    typed = {"account": "NORTH", "product": str(world.mailbox.id), "quantity": "120"}
    answer = dora.submit(page, "Show the price", **typed)
    assert "€10.41 a licence, €1,249.20 for 120" in answer.text
    assert "Yes: this one" in answer.text
    assert "NORTH" not in answer.url
    assert dora.submit(page, "Show the price", **typed | {"account": "nobody"}).status == 422
    customer = dora.submit(page, "Show the price", **typed | {"account": "BRIGHT"})
    assert "Northlight IT pays Meridian Distribution" in customer.text


def test_a_partner_prices_its_customers_and_sees_no_cost(browse, world, today):
    paula = browse("paula")
    world.edit(world.mailbox.prices[0], cost=777)
    made = paula.submit(paula.open("storefront.prices.new"), "Save the draft", name="Ours", valid_from=str(today))
    typed = {"product_0": str(world.mailbox.id), "value_0": "13.00"}
    saved = paula.submit(made, "Save the draft", **typed)
    assigned = paula.submit(saved, "Assign", account="BRIGHT")
    used = paula.submit(assigned, "Put it in use from its first day")
    question = paula.open("storefront.prices.why")
    asked = {"account": "BRIGHT", "product": str(world.mailbox.id), "quantity": "1"}
    answer = paula.submit(question, "Show the price", **asked)
    assert "€13.00 a licence" in answer.text
    for page in (saved, used, answer):
        assert "7.77" not in page.body
    assert browse("rita").open("storefront.prices.edit", list_id=newest(world).id).status == 404
    seen = browse("dora").open("bss.price_lists.index", state="partners")
    assert "Ours" in seen.text
    assert "Save the draft" not in browse("dora").open("bss.price_lists.edit", list_id=newest(world).id).buttons


def test_a_partner_sees_no_drafts_and_no_links_into_the_distributors_lists(browse, dora, world, draft, today):
    world.product("SECRET", prices={"EUR": 5}, name="Secret product", published_at=None)
    dora.submit(draft, "Put it in use from its first day")
    dora.submit(dora.submit(dora.open("bss.price_lists.edit", list_id=newest(world).id), "Copy"), "Recalculate")
    coming = newest(world)
    world.edit(coming, name="Coming rise")
    paula = browse("paula")
    asked = {"account": "NORTH", "product": str(world.bundle.id), "quantity": "1"}
    answer = paula.submit(paula.open("storefront.prices.why"), "Show the price", **asked)
    made = paula.submit(paula.open("storefront.prices.new"), "Save the draft", name="Ours", valid_from=str(today))
    assert "Assigned, but without this product on that day: Partners (EUR" in answer.text
    for page in (answer, made):
        assert "Secret product" not in page.body
        assert "Coming rise" not in page.body
    links = [link["href"] for link in answer.soup.select("main a[href]")]
    assert not [link for link in links if link.endswith(f"/{coming.follows_id}")]


def test_the_second_of_two_sees_both_and_decides(dora, world, draft):
    dora.submit(draft, "Save the draft", value_0="10.50", name="Renamed")
    late = dora.submit(draft, "Save the draft", value_1="20 %", is_for_all="y")
    assert late.status == 409
    cells = [[words(cell) for cell in row.select("th, td")] for row in late.soup.select(".comparison tbody tr")]
    name = world.mailbox.name
    assert cells == [
        ["Name", "Partners", "Renamed"],
        ["For every account directly below you that has no list of its own", "yes", "no"],
        [f"{name}, from 1", "10.90", "10.50"],
        [f"{name}, from 100", "20 %", "12.5 %"],
    ]
    assert dora.submit(late, "Save the draft").flash == "Saved."
    assert lines(world, newest(world).id) == {(world.mailbox.id, 1, 1090, None), (world.mailbox.id, 100, None, 2000)}


def test_a_page_of_many_lists_says_how_many_there_are(dora, world):
    for _each in range(51):
        world.price_list()
    assert "50 of 51" in dora.open("bss.price_lists.index").text


def test_until_its_first_day_a_list_is_edited_in_place_and_removed(dora, world, draft, today):
    soon = today + timedelta(days=5)
    used = dora.submit(draft, "Put it in use from its first day", valid_from=str(soon))
    assert used.flash == "Partners holds from its first day on."
    assert "until its first day it can be edited or removed" in used.text
    assert "Put it in use from its first day" not in used.buttons
    saved = dora.submit(used, "Save", value_0="10.00")
    assert saved.flash == "Saved."
    assert (world.mailbox.id, 1, 1000, None) in lines(world, newest(world).id)
    asked = dora.submit(saved, "Remove…")
    assert "with an open end" not in asked.text
    list_id = newest(world).id
    assert "is removed" in dora.submit(asked, "Remove the list").flash
    assert dora.open("bss.price_lists.edit", list_id=list_id).status == 404


def test_a_list_that_changed_since_it_was_seen_is_not_removed(dora, world, draft, today):
    used = dora.submit(draft, "Put it in use from its first day", valid_from=str(today + timedelta(days=5)))
    asked = dora.submit(used, "Remove…")
    dora.submit(used, "Save", value_0="10.00")
    late = dora.submit(asked, "Remove the list")
    assert (late.status, "Somebody else saved this price list" in late.text) == (409, True)
    assert newest(world).used_at is not None
    assert "is removed" in dora.submit(late, "Remove the list").flash


def test_a_list_price_that_a_discount_needs_stays_and_the_lists_are_linked(dora, world, draft):
    dora.submit(draft, "Put it in use from its first day")
    page = dora.open("bss.products.edit", product_id=world.mailbox.id)
    refused = dora.submit(page, "Save", amount_EUR="")
    assert refused.status == 422
    link = refused.soup.select_one(".field__error a")
    assert (words(link), link["href"]) == ("Partners", dora.url("bss.price_lists.edit", list_id=newest(world).id))
    assert "A price list gives a discount on it, so it stays until that list ends:" in refused.errors[0]
    assert dora.submit(page, "Save", amount_USD="").flash == "Saved."
