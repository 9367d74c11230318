"""What is kept about the seller, and what is missing before the first invoice."""

import pytest

from portal.core.errors import InvalidInput, NotVisible, StaleVersion
from portal.models import TaxCategory
from portal.services import company
from portal.services.company import LogoChange, logos, readiness
from portal.services.tax import tax_codes
from tests.services.company.pictures import jpeg, png

pytestmark = pytest.mark.sqlite

WHOLE = {
    "legal_name": "Meridian Distribution A.E.", "street": "Λεωφόρος Κηφισίας 44", "postcode": "151 25",
    "city": "Μαρούσι", "country": "GR", "vat_id": "EL 094014201", "registration_number": "123456789000",
    "contact_name": "Elena Papadaki", "contact_phone": "+30 210 5550100", "contact_email": "billing@meridian.example",
    "electronic_address": "9933:EL094014201",
    "bank_name": "Εθνική Τράπεζα", "iban": "GR16 0110 1250 0000 0001 2300 695", "bic": "ETHNGRAA", "payment_days": 14,
    "invoice_pattern": "INV-{year}-{number:06}", "credit_note_pattern": "CN-{year}-{number:06}", "colour": "#2f4aa8",
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_context(world, app):
    with app.app_context():
        yield


def save(world, details, version=1, terms=None, **more) -> bool:
    return company.save(version=version, details=details, terms=terms or {}, by=world.dora, **more)


def missing() -> list[str]:
    return [each.field for each in readiness.missing(company.row(), tax_codes.usable())]


def test_all_is_kept_as_an_invoice_needs_it(world):
    assert save(world, WHOLE, terms={"en": " Net\r\n", "de": ""})
    row = company.row()
    assert (row.iban, row.vat_id, row.colour) == ("GR1601101250000000012300695", "EL094014201", "#2F4AA8")
    assert row.electronic_address == "9933:EL094014201"
    assert (row.payment_days, row.terms, row.version) == (14, {"en": "Net"}, 2)
    assert not save(world, WHOLE, version=2, terms={"en": "Net"})
    assert save(world, {"legal_name": ""}, version=2)
    assert (company.row().legal_name, company.row().terms) == (None, {})


def test_the_second_of_two_is_refused(world):
    save(world, {"city": "Athens"})
    with pytest.raises(StaleVersion):
        save(world, {"city": "Patras"})
    assert company.row().city == "Athens"


@pytest.mark.parametrize(
    "field, text",
    [
        ("vat_id", "EL094014202"), ("vat_id", "094014201"), ("iban", "GR1601101250000000012300696"), ("bic", "ETH"),
        ("country", "XX1"), ("country", "QQ"), ("contact_email", "billing"), ("payment_days", 366),
        ("electronic_address", "EL094014201"),
        ("payment_days", 0), ("colour", "blue"), ("colour", "#FFEE00"), ("legal_name", "x" * 201),
        ("legal_name", "a\x00b"), ("invoice_pattern", "INV"), ("credit_note_pattern", "INV-{number}"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_beside_its_field(world, field, text):
    save(world, {"country": "GR", "invoice_pattern": "INV-{year}-{number:06}"})
    with pytest.raises(InvalidInput) as refused:
        save(world, {field: text}, version=2)
    assert refused.value.field == field
    assert company.row().version == 2


def test_long_terms_are_refused(world):
    with pytest.raises(InvalidInput) as refused:
        save(world, {}, terms={"de": "x" * 1001})
    assert refused.value.field == "terms_de"


def test_the_logo_is_kept_replaced_and_removed(world):
    with pytest.raises(NotVisible):
        logos.current()
    assert save(world, {}, logo=LogoChange(logos.checked(png())))
    assert (logos.current().content, logos.current().kind) == (png(), "image/png")
    assert not save(world, {}, version=2, logo=LogoChange(logos.checked(png())))
    assert save(world, {}, version=2, logo=LogoChange(logos.checked(jpeg())))
    assert logos.current().kind == "image/jpeg"
    assert save(world, {}, version=3, logo=LogoChange(None))
    assert company.row().logo_kind is None
    entries = [entry.field for entry in company.changes(None, 10)[0]]
    assert entries == ["logo_sha256"] * 3


def test_what_is_missing_is_named(world):
    assert {"legal_name", "country", "vat_id", "iban", "payment_days", "invoice_pattern", "tax_codes"} <= set(missing())
    save(world, WHOLE)
    assert missing() == ["tax_codes"]
    world.tax_code(category=TaxCategory.STANDARD, rate=2400, reasons={})
    assert missing() == []


def test_the_tax_codes_say_which_numbers_are_needed(world):
    save(world, WHOLE | {"vat_id": "", "registration_number": ""})
    outside = world.tax_code(category=TaxCategory.OUTSIDE)
    assert missing() == ["registration_number"]
    world.tax_code()
    assert missing() == ["vat_id", "registration_number"]
    tax_codes.retire(outside, version=1, by=world.dora)
    assert missing() == ["vat_id"]


def test_a_reason_is_needed_in_each_language_of_the_billed_accounts_that_have_the_code(world):
    save(world, WHOLE)
    row = world.tax_code()
    assert missing() == []
    world.edit(world.partner, language="de", tax_code_id=row.id)
    world.edit(world.direct_customer, language="en_GB", tax_code_id=row.id)
    world.edit(world.rival, language="es")
    world.edit(world.customer, language="fr", tax_code_id=row.id)  # the partner is billed for it
    (found,) = readiness.missing(company.row(), tax_codes.usable())
    assert (found.field, found.tax_code.id) == ("reason_de", row.id)
    assert "German" in found.sentence
    assert "French" not in found.sentence
    assert "Spanish" not in found.sentence
