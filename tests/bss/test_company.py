"""Setup > Company in the browser: the seller, numbers, logo, tax codes, and what is missing."""

import shutil
from dataclasses import replace

import pytest

from portal.core import clock
from portal.extensions import db
from portal.models import Company, InvoiceKind, InvoiceSeries, TaxCode
from portal.providers.einvoice.glyphs import FONTS
from tests.files import form_with
from tests.page import Page, words
from tests.services.company.pictures import png

pytestmark = pytest.mark.sqlite  # what is saved is proved on both in tests/services: once is enough

SELLER = {"legal_name": "Meridian Distribution A.E.", "country": "GR", "vat_id": "EL 094014201"}


@pytest.fixture
def dora(browse):
    return browse("dora")


def kept(world) -> Company:
    with world.app.app_context():
        return Company.query.one()


def send_logo(dora, page, content: bytes):
    form = page.one("form[enctype]")
    fields = {name: page.one(f"form[enctype] [name={name}]")["value"] for name in ("csrf_token", "version")}
    answer = dora.raw("POST", form["action"], **form_with(content, "logo.png", field="logo", act="save", **fields))
    return dora.visit(answer.headers["Location"]) if answer.status_code == 303 else Page(answer, url=form["action"])


def test_what_is_missing_is_named_until_it_is_there(dora):
    page = dora.open("bss.company.edit")
    assert "The legal name is missing." in page.text
    assert page.one("a[href='#legal_name']")
    saved = dora.submit(page, "Save", **SELLER)
    assert saved.flash == "Saved."
    assert "The legal name is missing." not in saved.text
    assert "The IBAN is missing." in saved.text
    assert saved.one("[name=vat_id]")["value"] == "EL094014201"
    assert "Nobody has asked whether it is registered." in saved.text
    assert dora.submit(saved, "Save").flash == "Nothing was changed."


def test_the_first_invoice_is_not_named_once_one_was_issued(dora, world):
    assert "missing before the first invoice" in dora.open("bss.company.edit").text
    with world.app.app_context(), world.transaction():
        db.session.add(InvoiceSeries(kind=InvoiceKind.INVOICE, year=2026, next=2))
    page = dora.open("bss.company.edit")
    assert "first invoice" not in page.one("[aria-labelledby=missing-title]").text


def test_the_fonts_say_what_can_be_printed_and_what_their_folders_hold(dora, app, tmp_path):
    assert "INVOICE_FONTS is not set" in dora.open("bss.company.edit").text
    full, empty, gone = (tmp_path / name for name in ("full", "empty", "gone"))
    full.mkdir(), empty.mkdir()
    shutil.copy(FONTS / "NotoSansHebrew-Bold.ttf", full)
    app.config["PORTAL"] = replace(app.config["PORTAL"], invoice_fonts=(full, empty, gone))
    panel = words(dora.open("bss.company.edit").one("[aria-labelledby=fonts-title]"))
    assert "Latin · Greek · Cyrillic · Arabic · Hebrew Cannot be printedChinese" in panel
    assert f"{full}: 1 font (NotoSansHebrew-Bold.ttf)" in panel
    assert (f"{empty}: there is no font in it" in panel, f"{gone}: the folder is missing" in panel) == (True, True)


def test_who_saves_a_seller_that_cannot_be_printed_is_warned(dora):
    saved = dora.submit(dora.open("bss.company.edit"), "Save", legal_name="Meridian 東")
    assert "Cannot be printed on invoices: 東" in saved.text


def test_the_next_numbers_are_shown_before_anything_is_saved(dora, world):
    page = dora.open("bss.company.edit")
    shown = dora.submit(page, "Show the next numbers", **SELLER, invoice_pattern="RE{year}/{number:04}")
    assert "/0001" in shown.text
    assert shown.one("[name=legal_name]")["value"] == SELLER["legal_name"]
    assert kept(world).legal_name is None
    with world.app.app_context(), world.transaction():
        db.session.add(InvoiceSeries(kind=InvoiceKind.INVOICE, year=clock.today().year, next=18))
    assert "/0018" in dora.submit(page, "Show the next numbers", invoice_pattern="RE{year}/{number:04}").text


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"vat_id": "EL094014202"}, "That is no VAT id"),
        ({"iban": "DE1"}, "That is no IBAN: check its digits."),
        ({"electronic_address": "EL094014201"}, "Write the scheme and the id"),
        ({"payment_days": "ten"}, "Enter a whole number from 1 to 365."),
        ({"invoice_pattern": "INV"}, "Use exactly one field for the number, such as {number:06}."),
        ({"invoice_pattern": "A{number}", "credit_note_pattern": "A{number:05}"}, "could get the same number"),
        ({"colour": "#FFFF00"}, "It is too light to be read on white."),
    ],
)
def test_what_cannot_be_saved_says_so_beside_its_field(dora, world, fields, sentence):
    page = dora.open("bss.company.edit")
    refused = dora.submit(page, "Save", **fields)
    assert refused.status == 422
    assert any(sentence in error for error in refused.errors)
    assert kept(world).version == 1


def test_the_second_of_two_sees_both_and_decides(dora, browse, world):
    page = dora.open("bss.company.edit")
    other = browse("dora")
    other.submit(other.open("bss.company.edit"), "Save", city="Athens", country="GR")
    refused = dora.submit(page, "Save", city="Patras", country="GR")
    assert refused.status == 409
    row = words(refused.one(".comparison tbody tr"))
    assert "Town" in row
    assert "Patras" in row
    assert "Athens" in row
    assert dora.submit(refused, "Save").flash == "Saved."
    assert kept(world).city == "Patras"


def test_a_logo_is_uploaded_seen_and_removed(dora, world):
    page = dora.open("bss.company.edit")
    saved = send_logo(dora, page, png())
    assert saved.flash == "Saved."
    assert saved.one("img.logo-sample")
    sent = dora.client.get("/bss/setup/company/logo")
    assert (sent.data, sent.mimetype) == (png(), "image/png")
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    removed = dora.submit(saved, "Save", without_logo="y")
    assert removed.flash == "Saved."
    assert not removed.soup.select("img.logo-sample")


def test_a_file_that_is_no_picture_is_refused(dora, world):
    refused = send_logo(dora, dora.open("bss.company.edit"), b"<svg onload=alert(1)>")
    assert (refused.status, refused.errors) == (422, ["Use a PNG or JPEG file."])
    assert kept(world).logo_kind is None


def test_the_record_says_who_changed_what(dora, world):
    page = dora.submit(dora.open("bss.company.edit"), "Save", **SELLER, terms_de="Sofort")
    assert "Terms, German" in page.text
    record = dora.open("bss.company.changes")
    assert "Meridian Distribution A.E." in record.text
    assert f"by {world.dora.name}" in record.text


def test_a_tax_code_begins_with_the_usual_words(dora, world):
    page = dora.open("bss.tax_codes.new", category="AE")
    assert page.one("[name=reason_de]")["value"] == "Steuerschuldnerschaft des Leistungsempfängers"
    made = dora.submit(page, "Save the tax code", name="Business in the EU")
    assert (made.h1, made.flash) == ("Company", "Business in the EU is saved.")
    assert "VATEX-EU-AE" in made.text
    with world.app.app_context():
        assert TaxCode.query.one().reasons["el"] == "Αντίστροφη επιβάρυνση"


def test_a_tax_code_is_changed_retired_and_used_again(dora, world):
    row = world.tax_code(code="GR-24", category="S", rate=2400, reasons={})
    page = dora.open("bss.tax_codes.edit", tax_code_id=row.id)
    assert page.one("[name=rate]")["value"] == "24"
    saved = dora.submit(page, "Save the tax code", rate="5.5 %")
    assert saved.flash == "Saved."
    assert "5.5 %" in dora.open("bss.company.edit").text.replace("\u00a0", " ")
    retired = dora.submit(saved, "Retire")
    assert retired.flash == "It is retired. No account gets it from now on."
    assert "Retired" in dora.open("bss.company.edit").text
    assert dora.submit(retired, "Use again").flash == "It is in use again."
    assert dora.submit(saved, "Retire").flash.startswith("Somebody else changed this tax code")


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"rate": "5,5"}, "Enter a rate such as 24 or 5.5."),
        ({"rate": "٢٤"}, "Enter a rate such as 24 or 5.5."),
        ({"rate": "24"}, "Only category S has a rate: leave it empty."),
        ({"category": "S", "rate": ""}, "Category S needs a rate above 0 and below 100 %."),
        ({"reason_en": ""}, "Category AE needs a reason: a code, or a text."),
        ({"reason_code": "VATEX-EU-O"}, "VATEX-EU-O goes with category O only."),
        ({"code": "OTHER"}, "This code is taken. Choose another one."),
    ],
)
def test_a_rule_is_told_beside_the_field(dora, world, fields, sentence):
    row = world.tax_code()
    world.tax_code(code="other")
    page = dora.open("bss.tax_codes.edit", tax_code_id=row.id)
    refused = dora.submit(page, "Save the tax code", **fields)
    assert (refused.status, refused.errors) == (422, [sentence])


def test_two_people_change_one_tax_code(dora, browse, world):
    row = world.tax_code()
    page = dora.open("bss.tax_codes.edit", tax_code_id=row.id)
    other = browse("dora")
    other.submit(other.open("bss.tax_codes.edit", tax_code_id=row.id), "Save the tax code", name="Theirs")
    refused = dora.submit(page, "Save the tax code", name="Mine")
    assert refused.status == 409
    assert "Theirs" in words(refused.one(".comparison tbody"))
    assert dora.submit(refused, "Save the tax code").flash == "Saved."
