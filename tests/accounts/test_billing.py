"""Billing details of an account in the browser: the staff decides, others see nothing of tax codes."""

import pytest

from portal.models import Account
from portal.services import company
from tests.page import words

pytestmark = pytest.mark.sqlite  # what is saved is proved on both in tests/services: once is enough

DETAILS = {
    "print_name": "Harbour School e.V.", "buyer_reference": "04011000-1234512345-06",
    "electronic_address": "0088:4012345000009", "invoice_rhythm": "monthly", "invoice_delivery": "portal",
}  # fmt: skip


@pytest.fixture
def greek(world):
    """The seller's country, and a code for it."""
    with world.app.app_context():
        company.save(version=1, details={"country": "GR"}, terms={}, by=world.dora)
    return world.tax_code(code="GR-24", name="Greece", category="S", rate=2400, reasons={})


def account(world) -> Account:
    with world.app.app_context():
        return Account.query.filter_by(id=world.direct_customer.id).one()


def test_staff_decide_as_proposed(browse, world, greek):
    world.edit(world.direct_customer, country="GR", vat_number="EL094014201", tax_text="DOY")
    dana = browse("dana")
    page = dana.open("accounts.edit", account_id=world.direct_customer.id)
    assert "Proposed: GR-24. It is in the seller’s country. You decide." in page.text
    assert "In your other system: DOY." in page.text
    shown = dana.submit(page, "Save", tax_code="GR-24", **DETAILS)
    details = words(shown.one("[aria-labelledby=details-title]"))
    for text in ("GR-24", "In your other system: DOY", "Plausible", "One each month", "In the portal only"):
        assert text in details
    assert account(world).buyer_reference == DETAILS["buyer_reference"]
    again = dana.open("accounts.edit", account_id=world.direct_customer.id)
    version = account(world).version
    dana.submit(again, "Save")
    assert account(world).version == version


def test_who_saves_a_name_without_glyphs_is_warned(browse, world):
    dana, warning = browse("dana"), "Cannot be printed on invoices: 東"
    page = dana.submit(dana.open("accounts.edit", account_id=world.direct_customer.id), "Save", name="Tokyo 東 Ltd")
    assert warning in page.text
    page = dana.submit(dana.open("accounts.edit", account_id=world.direct_customer.id), "Save", print_name="Tokyo Ltd")
    assert warning not in page.text


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"electronic_address": "DE1"}, "Write the scheme and the id"),
        ({"buyer_reference": "04011000-1234512345-07"}, "It looks like a Leitweg-ID, but its check digits are wrong."),
    ],
)
def test_what_cannot_be_meant_is_told_beside_its_field(browse, world, fields, sentence):
    dana = browse("dana")
    refused = dana.submit(dana.open("accounts.edit", account_id=world.direct_customer.id), "Save", **fields)
    assert refused.status == 422
    assert any(sentence in error for error in refused.errors)


def test_the_second_of_two_sees_both_tax_codes(browse, world, greek):
    first, second = browse("dana"), browse("dora")
    pages = [each.open("accounts.edit", account_id=world.direct_customer.id) for each in (first, second)]
    first.submit(pages[0], "Save", tax_code="GR-24")
    refused = second.submit(pages[1], "Save", print_name="Other")
    assert refused.status == 409
    assert "GR-24" in words(refused.one(".comparison"))


def test_a_vat_id_with_a_wrong_digit_is_not_plausible(browse, world):
    world.edit(world.direct_customer, country="GR", vat_number="EL094014202")
    page = browse("dana").open("accounts.show", account_id=world.direct_customer.id)
    assert "Not plausible: check its letters and digits" in page.text


@pytest.mark.parametrize("who", ["paula", "carl"])
def test_others_see_nothing_of_tax_codes(browse, world, greek, who):
    for row in (world.partner, world.customer):
        world.edit(row, tax_code_id=greek.id, tax_text="DOY")
    browser = browse(who)
    page = browser.open("accounts.show", account_id=world.customer.id)
    assert "Tax code" not in page.text
    assert "DOY" not in page.text
    if who == "paula":
        form = browser.open("accounts.edit", account_id=world.customer.id)
        assert not form.soup.select("[name=tax_code], [name=invoice_rhythm]")
        saved = browser.submit(form, "Save", forge={"tax_code": "", "invoice_rhythm": "monthly"})
        assert saved.status == 200
        exported = browser.raw("GET", "/accounts?format=csv").get_data().decode()
        assert "Tax Code" not in exported
        assert "GR-24" not in exported
