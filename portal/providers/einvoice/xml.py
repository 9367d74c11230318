"""The XML of a document, by EN 16931. CII and UBL come from `factur-x`, which is told to check nothing itself.

Its Schematron check answers True when its server is away; its schema check parses UBL's schema at every call.
"""

from functools import cache
from threading import Lock

from portal.providers.einvoice.completeness import Format, missing_fields
from portal.providers.einvoice.document import Document, Kind
from portal.providers.einvoice.errors import IncompleteDocument, InvalidXml, UnsupportedCurrency
from portal.providers.einvoice.terms import business_terms
from portal.providers.einvoice.totals import decimals

SPECIFICATION = {
    Format.FACTUR_X: "urn:cen.eu:en16931:2017",
    Format.XRECHNUNG: "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
    Format.PEPPOL: "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
}
"""BT-24."""
MOST_DECIMALS = 2
CII_SCHEMA = "facturx-en16931/Factur-X_EN16931.xsd"
UBL_SCHEMA = {Kind.INVOICE: "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"}
UBL_SCHEMA[Kind.CREDIT_NOTE] = "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"
UBL = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CII = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
"""Comes with what has no content, and no schema allows it."""
_validating = Lock()


def generate(document: Document, format: Format) -> bytes:
    """The document as UTF-8 XML that its schema accepts; the same bytes each time.

    Raises UnsupportedCurrency, IncompleteDocument with the fields, or InvalidXml.
    """
    others = [document.accounting_vat.currency] if document.accounting_vat else []
    for currency in (document.currency, *others):
        if decimals(currency) > MOST_DECIMALS:
            raise UnsupportedCurrency(currency, decimals(currency))
    if missing := missing_fields(document, format):
        raise IncompleteDocument(missing)
    return _checked(_generated(document, format), document.kind, format)


def _generated(document: Document, format: Format):
    from facturx import generate_xml
    from lxml import etree

    flavor = "ubl-2.1" if format is Format.PEPPOL else "factur-x"
    options = {"level": "en16931", "check_xsd": False, "check_schematron": None}
    made = generate_xml(business_terms(document, format), flavor=flavor, **options)
    root = etree.fromstring(made, etree.XMLParser(remove_blank_text=True))
    etree.strip_attributes(root, NIL)
    _specify(root, format)
    return root


def _specify(root, format: Format) -> None:
    """`factur-x` writes its own BT-24 for the level, and a version of UBL that UBL-CR-002 asks to leave out."""
    if format is Format.PEPPOL:
        root.find(f"{UBL}CustomizationID").text = SPECIFICATION[format]
        root.remove(root.find(f"{UBL}UBLVersionID"))
    else:
        root.find(f".//{CII}GuidelineSpecifiedDocumentContextParameter/{CII}ID").text = SPECIFICATION[format]


def _checked(root, kind: Kind, format: Format) -> bytes:
    from lxml import etree

    schema = _schema(UBL_SCHEMA[kind] if format is Format.PEPPOL else CII_SCHEMA)
    with _validating:  # a schema keeps the errors of its last document
        if not schema.validate(root):
            raise InvalidXml(str(schema.error_log.last_error))
    return etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")


@cache
def _schema(path: str):
    """Some 90 ms for UBL."""
    from importlib.resources import files

    from lxml import etree

    return etree.XMLSchema(file=str(files("facturx") / "xsd_and_schematron" / path))
