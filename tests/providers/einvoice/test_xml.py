"""The XML of documents: what the terms say, and what is refused before anything is generated."""

import sys
from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from portal.providers.einvoice import xml
from portal.providers.einvoice.completeness import Format, missing_fields
from portal.providers.einvoice.document import Address, Contact, Kind, Line
from portal.providers.einvoice.errors import IncompleteDocument, InvalidXml, UnsupportedCurrency
from tests.providers.einvoice.corpus import EUROS, NAMES, SELLER, buyer, document, tax

ALL = pytest.mark.parametrize("format", Format)


def _texts(made: bytes, name: str) -> list[str]:
    """Of all elements with this local name."""
    return [each.text for each in etree.fromstring(made).iter(f"{{*}}{name}")]


def _of_category(category: str, **changes):
    return document(lines=(Line("Licence", 2, 825, tax(category)),), **changes)


@ALL
@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_was_written(format, name):
    made = xml.generate(document(buyer=buyer(name)), format)
    assert name in _texts(made, "RegistrationName" if format is Format.PEPPOL else "Name")


@ALL
def test_the_same_document_is_the_same_bytes(format):
    assert xml.generate(document(), format) == xml.generate(document(), format)


def test_each_format_says_its_specification():
    assert "xrechnung_3.0" in _texts(xml.generate(document(), Format.XRECHNUNG), "ID")[1]
    assert _texts(xml.generate(document(), Format.FACTUR_X), "ID")[0] == "urn:cen.eu:en16931:2017"
    assert _texts(xml.generate(document(), Format.PEPPOL), "CustomizationID")[0].endswith("poacc:billing:3.0")


@ALL
def test_a_credit_note_is_381_with_positive_amounts_and_names_its_invoice(format):
    made = xml.generate(document(kind=Kind.CREDIT_NOTE), format)
    names = ("CreditNoteTypeCode", "PayableAmount") if format is Format.PEPPOL else ("TypeCode", "DuePayableAmount")
    assert [_texts(made, name)[0] for name in names] == ["381", "30.69"]
    assert b"INV-2026-000017" in made


@pytest.mark.parametrize("currency, price, said", [("EUR", 825, "8.25"), ("USD", 5, "0.05"), ("JPY", 825, "825")])
def test_amounts_have_the_decimals_of_their_currency(currency, price, said):
    made = xml.generate(document(currency=currency, lines=(Line("Licence", 1, price, tax("Z")),)), Format.FACTUR_X)
    assert _texts(made, "ChargeAmount") == [said]
    assert _texts(made, "DuePayableAmount") == [said]


@ALL
def test_a_currency_with_three_decimals_gets_no_xml(format):
    with pytest.raises(UnsupportedCurrency, match="KWD has 3 decimals") as refused:
        xml.generate(document(currency="KWD"), format)
    assert (refused.value.currency, refused.value.decimals) == ("KWD", 3)


@ALL
def test_vat_is_also_given_in_the_currency_of_the_books(format):
    said = document(currency="USD", accounting_vat=EUROS)
    made = xml.generate(said, format)
    name = "TaxAmount" if format is Format.PEPPOL else "TaxTotalAmount"
    assert [each.text for each in etree.fromstring(made).iter(f"{{*}}{name}") if each.get("currencyID") == "EUR"] == [
        "123.45"
    ]
    assert EUROS.exchange_rate.encode() in made
    with pytest.raises(UnsupportedCurrency):
        xml.generate(replace(said, accounting_vat=replace(EUROS, currency="KWD")), format)


@ALL
def test_outside_the_scope_of_vat_nobody_has_a_vat_id(format):
    made = xml.generate(_of_category("O"), format)
    assert b"EL998765435</cbc:CompanyID" not in made
    assert b'schemeID="VA"' not in made


@pytest.mark.parametrize(
    "country, given, written",
    [
        ("GR", "GR998765435", "EL998765435"),
        ("GR", "el 998765435", "EL998765435"),
        ("GR", "998765435", "EL998765435"),
        ("GR", "\u0395\u039b998765435", "EL998765435"),  # in Greek letters
        ("DE", "DE 812.345-673", "DE812345673"),
        ("ES", "B12345674", "ESB12345674"),
    ],
)
def test_a_vat_id_has_its_prefix(country, given, written):
    party = buyer(vat_id=given, address=Address(country, ("Street 1",), "1", "City"))
    assert f'schemeID="VA">{written}<'.encode() in xml.generate(document(buyer=party), Format.FACTUR_X)


@pytest.mark.parametrize("format", [Format.FACTUR_X, Format.PEPPOL])
def test_what_is_not_said_leaves_nothing_that_the_schema_refuses(format):
    """factur-x marks an empty delivery as nil."""
    made = xml.generate(document(period=None, bank=None, due_on=None, purchase_order=""), format)
    assert b"nil" not in made


@ALL
@pytest.mark.parametrize("text", ["Müller & Söhne <b>", "]]>", "<!-- -->", "&amp;", '"quoted"'])
def test_markup_in_a_text_stays_text(format, text):
    assert text in _texts(
        xml.generate(document(notes=(text,)), format), "Note" if format is Format.PEPPOL else "Content"
    )


NO_CONTACT = replace(SELLER, contact=Contact())
INCOMPLETE = [
    (Format.FACTUR_X, _of_category("S", seller=replace(SELLER, vat_id="")), ("seller.vat_id",)),
    (Format.FACTUR_X, _of_category("AE", buyer=buyer(vat_id="")), ("buyer.vat_id",)),
    (Format.FACTUR_X, _of_category("O", seller=replace(SELLER, registration_id="")), ("seller.registration_id",)),
    (Format.FACTUR_X, _of_category("K", period=None), ("period",)),
    (Format.FACTUR_X, document(due_on=None, payment_terms=""), ("payment_terms",)),
    (Format.PEPPOL, document(kind=Kind.CREDIT_NOTE, payment_terms=""), ("payment_terms",)),
    (Format.PEPPOL, document(buyer=buyer(electronic_address=None)), ("buyer.electronic_address",)),
    (Format.PEPPOL, document(buyer_reference="", purchase_order=""), ("buyer_reference",)),
    (Format.XRECHNUNG, document(buyer_reference="", bank=None), ("buyer_reference", "bank")),
    (
        Format.XRECHNUNG,
        document(seller=NO_CONTACT),
        ("seller.contact.name", "seller.contact.phone", "seller.contact.email"),
    ),
    (Format.XRECHNUNG, document(buyer=buyer(address=Address("DE"))), ("buyer.address.postcode", "buyer.address.city")),
]


@pytest.mark.parametrize("format, said, fields", INCOMPLETE, ids=[",".join(each[2]) for each in INCOMPLETE])
def test_what_is_missing_is_named_before_anything_is_made(format, said, fields):
    assert missing_fields(said, format) == fields
    with pytest.raises(IncompleteDocument) as refused:
        xml.generate(said, format)
    assert refused.value.fields == fields


@pytest.mark.parametrize("category", ["E", "AE", "G", "O", "K"])
def test_a_tax_without_its_reason_is_named(category):
    bare = replace(tax(category), reason="", reason_code="")
    assert missing_fields(document(lines=(Line("Licence", 1, 1, bare),)), Format.FACTUR_X) == (
        f"tax.{category}.reason",
    )


@pytest.mark.parametrize("category, rate", [("S", 24), ("Z", 0)])
def test_a_tax_with_a_reason_it_must_not_have_is_named(category, rate):
    line = Line("Licence", 1, 1, replace(tax(category), rate=Decimal(rate), reason="Because"))
    assert missing_fields(document(lines=(line,)), Format.FACTUR_X) == (f"tax.{category}.reason",)


def test_outside_the_scope_is_mixed_with_nothing():
    lines = tuple(Line("Licence", 1, 1, tax(category)) for category in ("O", "S"))
    assert missing_fields(document(lines=lines), Format.FACTUR_X) == ("tax.O.mixed",)


@ALL
def test_xml_that_its_schema_refuses_is_never_handed_out(monkeypatch, format):
    def broken(root, format):
        etree.SubElement(root, "{urn:unknown}Element")

    monkeypatch.setattr(xml, "_specify", broken)
    with pytest.raises(InvalidXml):
        xml.generate(document(), format)


def test_the_schematron_check_of_factur_x_is_never_asked(monkeypatch):
    """It answers True when its server is away."""
    import facturx

    def asked(*args, **options):
        raise AssertionError

    monkeypatch.setattr(sys.modules[facturx.generate_xml.__module__], "xml_check_schematron", asked)
    for format in Format:
        xml.generate(document(), format)
