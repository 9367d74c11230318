"""Postings in the DATEV format: `EXTF`, header version 700, category 21 (Buchungsstapel), format version 13.

One posting for each document and tax: the debtor's account against the revenue account. That decides on the rate of
VAT, as automatic accounts take no BU-Schlüssel, so an account takes one rate. Windows-1252, semicolons, CRLF, decimal
comma. Letters that Windows-1252 lacks become a question mark in the text, so that they are seen.
Source: developer.datev.de, DATEV-Format, Buchungsstapel.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select

from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, Invoice, InvoiceKind, InvoiceTax, TaxCategory
from portal.providers.einvoice.terms import vat_id
from portal.providers.einvoice.totals import decimals, major_units
from portal.services.invoicing.documents import stored_content
from portal.services.invoicing.exports.journal import Days

ENCODING = "cp1252"
MOST_DECIMALS = 2
FIRST_DEBTOR, LAST_DEBTOR = 10_000, 69_999
"""With general ledger accounts of four digits, personal accounts have five."""
LEDGER_DIGITS = 4
LONGEST_TEXT, LONGEST_NUMBER = 60, 36
CONSULTANTS, CLIENTS = (1001, 9_999_999), (1, 99_999)
REVENUE = {
    TaxCategory.STANDARD: 4400,
    TaxCategory.ZERO: 4290,
    TaxCategory.EXEMPT: 4100,
    TaxCategory.REVERSE_CHARGE: 4336,
    TaxCategory.EXPORT: 4120,
    TaxCategory.OUTSIDE: 4338,
    TaxCategory.INTRA_COMMUNITY: 4125,
}
"""Revenue accounts of the chart SKR04, as a beginning: the books may use others."""
AUTOMATIC = {4400: 1900, 4300: 700, 8400: 1900, 8300: 700}
"""The rate that DATEV takes out of what is posted to these accounts of SKR04 and SKR03, in basis points."""
HEADS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz", "WKZ Basis-Umsatz",
    "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto",
    "Buchungstext", "Postensperre", "Diverse Adressnummer", "Geschäftspartnerbank", "Sachverhalt", "Zinssperre",
    "Beleglink", *(f"Beleginfo - {part} {place}" for place in range(1, 9) for part in ("Art", "Inhalt")),
    "KOST1 - Kostenstelle", "KOST2 - Kostenstelle", "Kost-Menge", "EU-Land u. UStID (Bestimmung)",
    "EU-Steuersatz (Bestimmung)", "Abw. Versteuerungsart", "Sachverhalt L+L", "Funktionsergänzung L+L",
    "BU 49 Hauptfunktionstyp", "BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung",
    *(f"Zusatzinformation - {part} {place}" for place in range(1, 21) for part in ("Art", "Inhalt")), "Stück",
    "Gewicht", "Zahlweise", "Forderungsart", "Veranlagungsjahr", "Zugeordnete Fälligkeit", "Skontotyp",
    "Auftragsnummer", "Buchungstyp", "USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)",
    "Sachverhalt L+L (Anzahlungen)", "EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)", "Herkunft-Kz",
    "Leerfeld", "KOST-Datum", "SEPA-Mandatsreferenz", "Skontosperre", "Gesellschaftername", "Beteiligtennummer",
    "Identifikationsnummer", "Zeichnernummer", "Postensperre bis", "Bezeichnung SoBil-Sachverhalt",
    "Kennzeichen SoBil-Buchung", "Festschreibung", "Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit",
    "Generalumkehr (GU)", "Steuersatz", "Land", "Abrechnungsreferenz", "BVV-Position",
    "EU-Land u. UStID (Ursprung)", "EU-Steuersatz (Ursprung)", "Abw. Skontokonto",
)  # fmt: skip
TEXTS = {
    "Soll/Haben-Kennzeichen", "WKZ Umsatz", "WKZ Basis-Umsatz", "BU-Schlüssel", "Belegfeld 1", "Belegfeld 2",
    "Buchungstext", "EU-Land u. UStID (Bestimmung)",
}  # fmt: skip
"""Fields in quotation marks; the others that are filled are numbers and days."""


@dataclass(frozen=True)
class Books:
    """How the tax adviser's books are set up."""

    consultant: int
    client: int
    year_from: date
    """The first day of the financial year."""
    revenue: Mapping[TaxCategory, int]
    by_rate: Mapping[int, int] = field(default_factory=dict)
    """Revenue accounts of other rates of VAT, in basis points, than that of the account of category S."""

    def account(self, category: TaxCategory, rate: int) -> int:
        usual = self.revenue[category]
        return self.by_rate.get(rate, usual) if category is TaxCategory.STANDARD else usual


def check(days: Days, currency: str, books: Books) -> None:
    """Raises InvalidInput for `last`, `currency`, `consultant`, `client`, `year_from` or `rates`."""
    if days.first.year != days.last.year:
        raise InvalidInput("last", _("A file holds days of one year: postings have a day and a month only."))
    if decimals(currency) > MOST_DECIMALS:
        raise InvalidInput("currency", _("DATEV knows two decimals; %(currency)s has more.", currency=currency))
    for name, (low, high) in {"consultant": CONSULTANTS, "client": CLIENTS}.items():
        if not low <= getattr(books, name) <= high:
            raise InvalidInput(name, _("Enter a whole number from %(low)s to %(high)s.", low=low, high=high))
    if not books.year_from <= days.first:
        raise InvalidInput("year_from", _("The financial year begins on or before the first day."))
    issued = Invoice.issued_on.between(days.first, days.last), Invoice.currency == currency
    highest = db.session.scalar(select(func.max(Invoice.billed_account_id)).where(*issued)) or 0
    if FIRST_DEBTOR + highest > LAST_DEBTOR:
        raise InvalidInput("last", _("There are more accounts than debtors’ numbers of five digits."))
    _check_rates(days, currency, books)


def _check_rates(days: Days, currency: str, books: Books) -> None:
    rows = select(InvoiceTax.category, InvoiceTax.rate).distinct().join(Invoice, Invoice.id == InvoiceTax.invoice_id)
    rows = rows.where(Invoice.issued_on.between(days.first, days.last), Invoice.currency == currency)
    found: dict[int, set[int]] = {}
    for category, rate in db.session.execute(rows):
        found.setdefault(books.account(category, rate), set()).add(rate)
    for account, rates in sorted(found.items()):
        said = {"rates": ", ".join(f"{rate / 100:g}%" for rate in sorted(rates)), "account": account}
        if len(rates) > 1:
            raise InvalidInput("rates", _("These days have VAT of %(rates)s on the account %(account)s, and DATEV "
                                          "takes one rate from an account. Give the accounts of the others.",
                                          **said))  # fmt: skip
        if account in AUTOMATIC and AUTOMATIC[account] not in rates:
            said["own"] = f"{AUTOMATIC[account] / 100:g}%"
            raise InvalidInput("rates", _("These days have VAT of %(rates)s on the account %(account)s, and DATEV "
                                          "takes %(own)s from it. Give another account for that rate.",
                                          **said))  # fmt: skip


def file_name(days: Days, currency: str) -> str:
    return f"EXTF_Buchungsstapel_{days.first:%Y%m%d}-{days.last:%Y%m%d}_{currency}.csv"


def lines(days: Days, currency: str, books: Books, made_at: datetime) -> Iterator[bytes]:
    """The file. `check` has said that it can be made."""
    yield _encoded(_header(days, currency, books, made_at))
    yield _encoded(list(HEADS))
    for row in db.session.execute(_statement(days, currency)):
        yield _encoded(_posting(row.Invoice, row.InvoiceTax, row.account_id, books))


def _statement(days: Days, currency: str):
    return (
        select(Invoice, InvoiceTax, Account.id.label("account_id"))
        .join(InvoiceTax, InvoiceTax.invoice_id == Invoice.id)
        .join(Account, Account.id == Invoice.billed_account_id)
        .where(Invoice.issued_on.between(days.first, days.last), Invoice.currency == currency)
        .order_by(Invoice.issued_on, Invoice.id, InvoiceTax.id)
        .execution_options(yield_per=500)
    )


def _header(days: Days, currency: str, books: Books, made_at: datetime) -> list[str]:
    return [
        '"EXTF"', "700", "21", '"Buchungsstapel"', "13", f"{made_at:%Y%m%d%H%M%S}000", "", '"RE"', '""', '""',
        str(books.consultant), str(books.client), f"{books.year_from:%Y%m%d}", str(LEDGER_DIGITS),
        f"{days.first:%Y%m%d}", f"{days.last:%Y%m%d}", _text("Rechnungen"), '""', "1", "0", "0", _text(currency), "",
        '""', "", "", '""', "", "", '""', '""',
    ]  # fmt: skip


def _posting(invoice: Invoice, tax: InvoiceTax, account_id: int, books: Books) -> list[str]:
    is_credit = invoice.kind is InvoiceKind.CREDIT_NOTE
    values = {
        "Umsatz (ohne Soll/Haben-Kz)": _amount(tax.net + tax.vat, invoice.currency),
        "Soll/Haben-Kennzeichen": "H" if is_credit else "S",
        "WKZ Umsatz": invoice.currency,
        "Konto": str(FIRST_DEBTOR + account_id),
        "Gegenkonto (ohne BU-Schlüssel)": str(books.account(tax.category, tax.rate)),
        "Belegdatum": f"{invoice.issued_on:%d%m}",
        "Belegfeld 1": invoice.number[:LONGEST_NUMBER],
        "Belegfeld 2": f"{invoice.due_on:%d%m%y}" if invoice.due_on else "",
        "Buchungstext": invoice.buyer_name[:LONGEST_TEXT],
        "EU-Land u. UStID (Bestimmung)": _vat_id(invoice) if tax.category is TaxCategory.REVERSE_CHARGE else "",
    }
    return [_text(values[head]) if head in TEXTS and head in values else values.get(head, "") for head in HEADS]


def _vat_id(invoice: Invoice) -> str:
    """As the invoice says it: with the letters of its country."""
    return vat_id(stored_content.from_json(invoice.content).buyer)


def _amount(amount: int, currency: str) -> str:
    return f"{major_units(amount, currency):.2f}".replace(".", ",")


def _text(text: str) -> str:
    clean = "".join(each if each.isprintable() else " " for each in text)
    return '"' + clean.replace('"', '""') + '"'


def _encoded(fields: list[str]) -> bytes:
    return (";".join(fields) + "\r\n").encode(ENCODING, "replace")
