"""Documents drawn by lot: all tax categories, currencies with XML, names in nine scripts, 1 to 200 lines."""

import random
from datetime import date, timedelta
from decimal import Decimal

from portal.providers.einvoice.document import (
    AccountingVat,
    Address,
    Bank,
    Category,
    Contact,
    Document,
    ElectronicAddress,
    Kind,
    Line,
    Party,
    PrecedingInvoice,
    Tax,
)

NAMES = (
    *("Müller Systemhaus KG", "Αφοί Παπαδόπουλοι Α.Ε.", "ООО Северный ветер", "شركة النور للتقنية", "כרמל מערכות"),
    *(
        "東京ソリューション株式会社",
        "Công ty Phần mềm Sài Gòn",
        "서울소프트 주식회사",
        "Łódź & Sons <Żółć>",
        "บริษัท ไทยซอฟต์",
    ),
)
PRINTABLE = tuple(each for each in NAMES if ord(max(each)) < 0x2000 and "ไ" not in each)
REASONS = {
    "E": ("Exempt under article 132", "VATEX-EU-132"),
    "AE": ("Reverse charge", "VATEX-EU-AE"),
    "G": ("Export outside the EU", "VATEX-EU-G"),
    "O": ("Outside the scope of VAT", "VATEX-EU-O"),
    "K": ("Intra-Community supply", "VATEX-EU-IC"),
}
SELLER = Party(
    name="Meridian Distribution A.E.",
    address=Address("GR", ("Λεωφόρος Κηφισίας 44",), "151 25", "Μαρούσι"),
    trade_name="Meridian",
    vat_id="GR 998765435",
    registration_id="123456703000",
    contact=Contact("Elena Papadaki", "+30 210 555 0144", "billing@meridian.example"),
    electronic_address=ElectronicAddress("9933", "EL998765435"),
)
EUROS = AccountingVat("EUR", 12345, "1 EUR = 1.0842 USD, ECB, 30 Nov 2026")
BANK = Bank("GR16 0110 1250 0000 0001 2300 695", "ETHNGRAA", "Εθνική Τράπεζα, Αθήνα")


def tax(category: str, rate: str = "24") -> Tax:
    return Tax(Category(category), Decimal(rate if category == "S" else 0), *REASONS.get(category, ()))


def buyer(name: str = NAMES[0], **changes) -> Party:
    party = {
        "name": name,
        "address": Address("DE", ("Seestraße 12",), "88662", "Überlingen"),
        "vat_id": "DE812345673",
        "contact": Contact("Buchhaltung", "", "ap@mueller.example"),
        "electronic_address": ElectronicAddress("9930", "DE812345673"),
    }
    return Party(**party | changes)


def document(number: int = 1, **changes) -> Document:
    """One line of 19 % in EUR, or what `changes` say. A credit note gets an invoice to refer to."""
    said = {
        "kind": Kind.INVOICE,
        "number": f"INV-2026-{number:06}",
        "issued_on": date(2026, 12, 1),
        "currency": "EUR",
        "seller": SELLER,
        "buyer": buyer(),
        "lines": (Line("BitTitan Mailbox License", 3, 825, tax("S"), "Harbor Winery", "AS-11284 · ORD-4108"),),
        "due_on": date(2026, 12, 31),
        "period": (date(2026, 11, 1), date(2026, 11, 30)),
        "buyer_reference": "04011000-12345-34",
        "purchase_order": "PO 2026-1187",
        "payment_terms": "30 days net",
        "bank": BANK,
    }
    if changes.get("kind") is Kind.CREDIT_NOTE:
        said["preceding"] = PrecedingInvoice("INV-2026-000017", date(2026, 11, 3))
    return Document(**said | changes)


def corpus(amount: int, seed: int = 2026) -> list[Document]:
    lots = random.Random(seed)
    return [_drawn(number, lots) for number in range(amount)]


def _drawn(number: int, lots: random.Random) -> Document:
    issued = date(2026, 1, 1) + timedelta(days=lots.randrange(365))
    categories = ("O",) if number % 7 == 0 else lots.sample(("S", "Z", "E", "AE", "G", "K"), lots.choice((1, 1, 2, 3)))
    amount = lots.choice((1, 2, 3, 5, 12, 200 if number % 10 == 0 else 20))
    currency = lots.choice(("EUR", "EUR", "USD", "JPY"))
    return document(
        number + 1,
        kind=Kind.CREDIT_NOTE if number % 3 == 0 else Kind.INVOICE,
        issued_on=issued,
        due_on=issued + timedelta(days=30),
        currency=currency,
        buyer=buyer(NAMES[number % len(NAMES)]),
        lines=tuple(_line(lots, categories) for _ in range(amount)),
        accounting_vat=lots.choice((None, EUROS)) if currency != "EUR" else None,
        language=lots.choice(("en", "de", "el", "fr")),
        period=(issued.replace(day=1), issued),
        notes=lots.choice(((), ("Thank you.", "Ευχαριστούμε."))),
    )


def _line(lots: random.Random, categories) -> Line:
    category = lots.choice(categories)
    return Line(
        name=lots.choice(("BitTitan Mailbox License", "User Migration Bundle", "Άδεια & <συντήρηση>")),
        quantity=lots.choice((1, 3, 25, 480)),
        unit_price=lots.choice((0, 1, 825, 1150, 333, lots.randint(1, 10**7))),
        tax=tax(category, lots.choice(("24", "13", "5.5"))),
        recipient=lots.choice(("", *NAMES)),
        description=lots.choice(("", "AS-11284 · ORD-4108")),
        item_number=lots.choice(("", "BT-MBX")),
    )
