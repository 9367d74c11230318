"""What an invoice or a credit note says. BT-n is the term of EN 16931.

Amounts are whole minor units (cents) of the document's currency. A credit note has positive amounts, too.
"""

import re
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """BT-3, as UNTDID 1001 numbers them."""

    INVOICE = "380"
    CREDIT_NOTE = "381"


class Category(StrEnum):
    """The VAT category (BT-151), as UNCL 5305 names them."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    EXPORT = "G"
    OUTSIDE = "O"
    INTRA_COMMUNITY = "K"


@dataclass(frozen=True)
class Tax:
    category: Category
    rate: Decimal
    """Percent: 24, 5.5. Zero but for S."""
    reason: str = ""
    """BT-120 in the document's language. E, AE, G, O and K need one; S and Z must have none."""
    reason_code: str = ""
    """BT-121, such as VATEX-EU-AE."""

    def __post_init__(self):
        if not isinstance(self.rate, Decimal) or not self.rate.is_finite() or not 0 <= self.rate <= 100:
            raise ValueError("A rate is a Decimal from 0 to 100.")
        if (self.rate > 0) != (self.category is Category.STANDARD):
            raise ValueError("Category S has a rate above zero, every other has the rate zero.")


@dataclass(frozen=True)
class Line:
    name: str
    quantity: int
    unit_price: int
    """Minor units, without VAT."""
    tax: Tax
    recipient: str = ""
    """The customer that the licences are for."""
    description: str = ""
    """Asset, order and delivery in words."""
    item_number: str = ""
    """BT-155, the seller's article number."""

    def __post_init__(self):
        if type(self.quantity) is not int or type(self.unit_price) is not int:
            raise TypeError("Quantity and unit price are whole numbers.")
        if self.quantity < 1 or self.unit_price < 0:
            raise ValueError("A quantity is at least 1, and a unit price at least 0.")
        if not self.name.strip():
            raise ValueError("A line has a name.")


@dataclass(frozen=True)
class Address:
    country: str
    """ISO 3166-1 alpha-2, such as GR."""
    street: tuple[str, ...] = ()
    """At most three lines."""
    postcode: str = ""
    city: str = ""
    region: str = ""

    def __post_init__(self):
        if len(self.country) != 2 or not self.country.isascii() or not self.country.isupper():
            raise ValueError("A country is a code of two letters.")
        if len(self.street) > 3:
            raise ValueError("A street has at most three lines.")


@dataclass(frozen=True)
class Contact:
    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class ElectronicAddress:
    """BT-34 and BT-49: where e-invoices reach somebody. The scheme is a code of the EAS list: 9930, 0088, EM."""

    scheme: str
    identifier: str


@dataclass(frozen=True)
class Party:
    name: str
    address: Address
    trade_name: str = ""
    vat_id: str = ""
    """With or without the country's prefix. A Greek one is written EL."""
    registration_id: str = ""
    """BT-30 and BT-47, such as a number in the commercial register."""
    contact: Contact = Contact()
    electronic_address: ElectronicAddress | None = None

    def __post_init__(self):
        if not self.name.strip():
            raise ValueError("A party has a name.")


@dataclass(frozen=True)
class Bank:
    account: str
    """BT-84: an IBAN, with or without spaces, or another account number."""
    bic: str = ""
    name: str = ""
    """The bank's own name."""


@dataclass(frozen=True)
class Logo:
    """The picture above the document: `format` is svg, png or jpg."""

    format: str
    content: bytes

    def __post_init__(self):
        if self.format not in ("svg", "png", "jpg"):
            raise ValueError("A logo is an SVG, a PNG or a JPEG.")


@dataclass(frozen=True)
class PrecedingInvoice:
    """BG-3: the invoice that a credit note corrects."""

    number: str
    issued_on: date


@dataclass(frozen=True)
class CreditedBefore:
    """What earlier credit notes of the same invoice took back of one category and rate, in minor units."""

    category: Category
    rate: Decimal
    net: int
    vat: int


@dataclass(frozen=True)
class AccountingVat:
    """BT-6 and BT-111: the VAT in the seller's own currency, where the document has another."""

    currency: str
    amount: int
    """Minor units of this currency."""
    exchange_rate: str
    """The rate, its date and its source in words: 1 EUR = 1.0842 USD, ECB, 30 Nov 2026."""


@dataclass(frozen=True)
class Document:
    kind: Kind
    number: str
    issued_on: date
    currency: str
    """ISO 4217, such as EUR."""
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    language: str = "en"
    """en, de, el or fr: of the printed words. Names and texts are printed as they are."""
    due_on: date | None = None
    period: tuple[date, date] | None = None
    """BT-73 and BT-74: the first and the last day of the service."""
    buyer_reference: str = ""
    """BT-10, for German public buyers the Leitweg-ID."""
    purchase_order: str = ""
    """BT-13, the buyer's own number of the order."""
    account_number: str = ""
    """The buyer's number with the seller; printed only."""
    payment_terms: str = ""
    """BT-20."""
    bank: Bank | None = None
    accounting_vat: AccountingVat | None = None
    preceding: PrecedingInvoice | None = None
    credited_before: tuple[CreditedBefore, ...] = ()
    """Of a credit note: its VAT is what is credited now less this, so that the parts add up to the invoice's VAT."""
    notes: tuple[str, ...] = ()
    logo: Logo | None = None
    colour: str = "#2f4aa8"
    """Of headings and rules: # and six hexadecimal digits."""

    def __post_init__(self):
        if not self.lines:
            raise ValueError("A document has lines.")
        if (self.kind is Kind.CREDIT_NOTE) != (self.preceding is not None):
            raise ValueError("A credit note names its invoice, and nothing else does.")
        if not re.fullmatch("#[0-9a-fA-F]{6}", self.colour):
            raise ValueError("A colour is # and six hexadecimal digits.")
        if self.accounting_vat and self.accounting_vat.currency == self.currency:
            raise ValueError("VAT is given in another currency than the document's, or not at all.")
        if self.period and self.period[0] > self.period[1]:
            raise ValueError("A period ends after it begins.")
        if any(map(_CONTROL.search, texts(self))):
            raise ValueError("A text has no control characters.")


_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""XML has no place for most of them, and paper for none."""


def texts(value: object) -> list[str]:
    """Every text in a document, however deep."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for each in value for text in texts(each)]
    if is_dataclass(value):
        return [text for each in fields(value) for text in texts(getattr(value, each.name))]
    return []
