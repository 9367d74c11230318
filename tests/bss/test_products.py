"""Setup > Products in the browser: draft, publish, change, copy, withdraw; prices; import with a preview."""

import pytest

from portal.models import Price, Product
from tests.files import form_with
from tests.page import Page, words

pytestmark = pytest.mark.sqlite  # what is saved is proved on both in tests/services: once is enough

TYPED = {"code": "MBX-EDU", "name": "Mailbox Edu", "kind": "MailboxLicense", "amount_EUR": "7.60", "cost_EUR": "5.90"}


@pytest.fixture
def dora(browse):
    return browse("dora")


def product(world, code: str) -> Product | None:
    with world.app.app_context():
        return Product.query.filter_by(code=code).one_or_none()


def prices(world, code: str) -> dict:
    with world.app.app_context():
        rows = Price.query.join(Product).filter(Product.code == code).all()
        return {row.currency: (row.amount, row.cost) for row in rows}


def test_a_product_is_drafted_published_and_ordered(dora, world):
    made = dora.submit(dora.open("bss.products.new"), "Save as a draft", **TYPED, min_quantity="10")
    assert (made.h1, made.flash) == ("Mailbox Edu", "Mailbox Edu is saved as a draft. Publish it when it is ready.")
    assert "MBX-EDU" not in words(dora.open("bss.orders.new").one("select[name=product]"))

    published = dora.submit(made, "Publish")
    assert published.flash == "Mailbox Edu is published."
    ordering = dora.open("bss.orders.new")
    wanted = {"account": str(world.customer.id), "product": str(product(world, "MBX-EDU").id)}
    few = dora.submit(ordering, "Place the order", quantity="9", **wanted)
    assert few.errors == ["Enter a whole number from 10 to 10,000."]
    assert dora.submit(few, "Place the order", quantity="10").status == 200
    assert product(world, "MBX-EDU").first_sold_at is not None


def test_enter_only_works_the_margin_out(dora, world):
    """The first button of the form is the one that a return in a field presses."""
    page = dora.open("bss.products.edit", product_id=world.bundle.id)
    first = page.soup.select("form[novalidate] button")[0]
    assert (first["name"], first["value"]) == ("act", "check")
    shown = dora.submit(page, "Recalculate", amount_EUR="10.00", cost_EUR="11.00")
    assert "−10.0 %" in shown.text.replace("-", "−")
    assert "A list price is below its cost." in shown.text
    assert prices(world, "BT-BUNDLE")["EUR"] == (1450, None)


def test_prices_are_saved_cleared_and_added_in_another_currency(dora, world):
    page = dora.open("bss.products.edit", product_id=world.mailbox.id)
    changed = {"amount_EUR": "12.20", "amount_USD": "", "other_currency": "KWD", "amount_other": "4.125"}
    saved = dora.submit(page, "Save", **changed)
    assert saved.flash == "Saved."
    assert prices(world, "BT-MAILBOX") == {"EUR": (1220, None), "KWD": (4125, None)}
    assert "List price, EUR" in saved.text
    assert "€11.90" in saved.text
    assert dora.submit(saved, "Save").flash == "Nothing was changed."


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"amount_EUR": "12,20"}, "Enter an amount such as 10000.50."),
        ({"amount_EUR": "1.005"}, "EUR has no more than 2 decimals."),
        ({"amount_other": "5"}, "Choose the currency."),
        ({"other_currency": "JPY", "amount_other": "5.5"}, "JPY has no more than 0 decimals."),
        ({"expire_days": "3651"}, "Enter a whole number from 1 to 3650."),
        ({"max_quantity": "10001"}, "BitTitan allows no more than 10000 licences."),
        ({"min_quantity": "50", "max_quantity": "10"}, "It must not be less than the fewest licences."),
        ({"min_quantity": "10.5"}, "Enter a whole number"),
        ({"amount_EUR": "9" * 12}, "The price is out of range."),
    ],
)
def test_what_cannot_be_saved_says_so_beside_its_field(dora, world, fields, sentence):
    before = prices(world, "BT-MAILBOX")
    refused = dora.submit(dora.open("bss.products.edit", product_id=world.mailbox.id), "Save", **fields)
    assert refused.status == 422
    assert any(sentence in error for error in refused.errors)
    assert prices(world, "BT-MAILBOX") == before


def test_a_code_that_is_taken_is_named_beside_it(dora):
    refused = dora.submit(dora.open("bss.products.new"), "Save as a draft", **TYPED | {"code": "BT-BUNDLE"})
    assert refused.errors == ["There is a product “BT-BUNDLE” already."]


def test_a_sold_product_keeps_code_name_and_type(dora, world):
    world.edit(world.mailbox, first_sold_at=world.mailbox.created_at)
    page = dora.open("bss.products.edit", product_id=world.mailbox.id)
    assert not page.soup.select("[name=code], [name=name], [name=kind]")
    forged = dora.submit(page, "Save", forge={"name": "Other", "code": "OTHER", "kind": "UserMigrationBundle"})
    assert forged.flash == "Nothing was changed."
    assert product(world, "BT-MAILBOX").name == world.mailbox.name


def test_the_second_of_two_sees_both_and_decides(dora, browse, world):
    page = dora.open("bss.products.edit", product_id=world.mailbox.id)
    other = browse("dora")
    other.submit(other.open("bss.products.edit", product_id=world.mailbox.id), "Save", amount_EUR="13.00")
    refused = dora.submit(page, "Save", amount_EUR="14.00")
    assert refused.status == 409
    row = words(refused.one(".comparison tbody tr"))
    assert "List price, EUR" in row
    assert "14.00" in row
    assert "13.00" in row
    assert dora.submit(refused, "Save").flash == "Saved."
    assert prices(world, "BT-MAILBOX")["EUR"] == (1400, None)


def test_withdrawn_copied_and_published_again(dora, world):
    page = dora.open("bss.products.withdraw", product_id=world.mailbox.id)
    withdrawn = dora.submit(page, "Withdraw the product")
    assert "Nobody can order it now" in withdrawn.flash
    assert dora.submit(page, "Withdraw the product").status == 409
    copy = dora.visit(withdrawn.links["Copy"])
    assert (copy.value("name"), copy.value("code"), copy.value("amount_EUR")) == (world.mailbox.name, "", "11.90")
    assert dora.submit(withdrawn, "Publish again").flash == f"{world.mailbox.name} is published."


def test_the_list_is_searched_and_filtered(dora, world):
    world.product(code="DRAFT-1", name="Äpfel", published_at=None)
    assert [row for row in dora.open("bss.products.index", q="apfel").rows if "DRAFT-1" in row]
    drafts = dora.open("bss.products.index", state="draft")
    assert "DRAFT-1" in drafts.text
    assert "BT-MAILBOX" not in drafts.text
    assert "so it was ignored" in dora.open("bss.products.index", state="nonsense").text
    world.edit(world.mailbox.type, sku_id=None)
    page = dora.open("bss.products.index")
    assert "1 product type is no longer sold by BitTitan" in page.text
    assert "BT-MAILBOX" in dora.open("bss.products.index", state="not-offered").text


def test_the_service_definition_is_read_by_a_worker(dora, world, sandbox):
    world.edit(world.bundle.type, sku_id="11111111-1111-1111-1111-111111111111")
    done = dora.ask(dora.open("bss.products.index"), "Get services definition")
    assert "BitTitan’s service definition was read. Changed: BitTitan User Migration Bundle." in done.flash
    assert done.h1 == "Products"
    again = dora.ask(done, "Get services definition")
    assert "Nothing has changed." in again.flash


def test_a_definition_that_cannot_be_read_changes_nothing(dora, world, sandbox):
    sandbox.control.fault("*", "drop_before", times=None)
    told = dora.ask(dora.open("bss.products.index"), "Get services definition")
    assert "BitTitan is not answering, so nothing was changed." in told.flash
    assert world.find(type(world.mailbox.type), world.mailbox.type_id).sku_id == world.mailbox.type.sku_id


def test_rows_are_previewed_before_they_are_saved(dora, world):
    text = "Code\tName\tType\tEUR\tCost EUR\nBT-MAILBOX\t\t\t12.50\t9.10\nNEW\tNew one\tMailboxLicense\t10\t\n"
    preview = dora.submit(dora.open("bss.product_imports.index"), "Preview", text=text)
    assert "2 rows would be saved" in preview.text
    assert "NEW New" in preview.text
    assert product(world, "NEW") is None
    assert prices(world, "BT-MAILBOX")["EUR"] == (1190, None)
    saved = dora.submit(preview, "Save 2 rows")
    assert saved.flash == "2 rows were saved."
    assert product(world, "NEW").published_at is None
    assert prices(world, "BT-MAILBOX")["EUR"] == (1250, 910)


def test_a_preview_that_is_out_of_date_saves_nothing(dora, world):
    preview = dora.submit(dora.open("bss.product_imports.index"), "Preview", text="Code,EUR\nBT-MAILBOX,12.50")
    with world.transaction():
        Price.query.filter_by(product_id=world.mailbox.id, currency="EUR").one().amount = 999
    refused = dora.submit(preview, "Save 1 row")
    assert refused.status == 409
    assert "Nothing was saved" in refused.text
    assert "€9.99" in refused.text
    assert prices(world, "BT-MAILBOX")["EUR"] == (999, None)


def test_the_export_is_there_already(dora, world):
    world.product(code="KWD-1", prices={"KWD": 4120})
    file = dora.raw("GET", dora.url("bss.products.index", format="csv")).data
    sent = form_with(file, "products.csv", csrf_token=dora.token(), text="", numbers="", act="check")
    address = dora.url("bss.product_imports.index")
    preview = Page(dora.raw("POST", address, **sent), url=address, method="POST")
    assert "0 rows would be saved" in preview.text
    assert "3 rows are there already" in preview.text


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "Paste some rows, or choose a file."),
        ("Word,Wort\na,b", "The first line must name the columns"),
        ("Name,EUR\na,1", "These columns are missing: Code."),
        ("Code,EUR\n", "The file has a heading, but no records."),
        ('Code,EUR\nBT-MAILBOX,"12,50"', "Choose how numbers are written"),
        ("Code,EUR\nNEW,1", "Choose a product type."),
        ("Code,Type\nNEW,MailboxLicense", "Enter a name of at most 120 characters."),
        ("Code,Type,Name\nNEW,Nothing,New", "BitTitan has no product type “Nothing”."),
        ("Code,Currency,List price\nBT-MAILBOX,,1", "Write the currency of the price, such as EUR."),
        ("Code,State\nBT-MAILBOX,Sold", "Write Draft, Published or Withdrawn."),
        ("Code,State\nBT-MAILBOX,Draft", "Only a new product is a draft. Withdraw it instead."),
        ("Code,Description\nBT-MAILBOX,a\x07b", "Leave out control characters: only text can be kept."),
    ],
)
def test_what_cannot_be_read_says_why(dora, text, sentence):
    assert sentence in dora.submit(dora.open("bss.product_imports.index"), "Preview", text=text).text


def test_numbers_are_read_as_the_person_says(dora, world):
    typed = {"text": 'Code;EUR\nBT-MAILBOX;"1.234,50"', "numbers": "point"}
    preview = dora.submit(dora.open("bss.product_imports.index"), "Preview", **typed)
    assert dora.submit(preview, "Save 1 row").flash == "1 row was saved."
    assert prices(world, "BT-MAILBOX")["EUR"] == (123450, None)


def test_a_number_that_is_written_in_another_way_is_refused(dora, world):
    typed = {"text": "Code;EUR\nBT-MAILBOX;11.90", "numbers": "point"}
    assert "It is no number as you said" in dora.submit(dora.open("bss.product_imports.index"), "Preview", **typed).text
