"""The document as words on paper, in its language: what the layout places. All of it is data, never source."""

import json
import unicodedata
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from portal.providers.einvoice.completeness import is_outside_scope
from portal.providers.einvoice.document import Address, Bank, Category, Document, Kind, Line, Logo, Party
from portal.providers.einvoice.qr import epc_qr
from portal.providers.einvoice.terms import account_number, is_iban, vat_id
from portal.providers.einvoice.totals import TaxTotal, decimals, line_amount, major_units, totals

LAYOUT = Path(__file__).parent / "layout"
LOCALES = {"en": "en_GB"}
"""Where a language alone would mean the habits of one country: 1 Dec 2026, not Dec 1, 2026."""


@cache
def labels(language: str) -> dict[str, str]:
    """Raises KeyError for a language that no document is printed in."""
    return json.loads((LAYOUT / "labels.json").read_text(encoding="utf-8"))[language]


def printed(document: Document) -> dict:
    """What layout/invoice.typ asks for; each name with the direction in which it is read."""
    return _Wording(document).all()


class _Wording:
    def __init__(self, document: Document):
        self.document = document
        self.labels = labels(document.language)
        self.locale = LOCALES.get(document.language, document.language)
        self.sums = totals(document)
        self.is_credit = document.kind is Kind.CREDIT_NOTE

    def all(self) -> dict:
        document, words = self.document, self.labels
        return {
            "lang": document.language,
            "title": words["credit_note" if self.is_credit else "invoice"],
            "number": document.number,
            "date": {"year": document.issued_on.year, "month": document.issued_on.month, "day": document.issued_on.day},
            "seller": self._seller(),
            "buyer": [directed(each) for each in self._postal(document.buyer)],
            "facts": [[words[name], directed(value)] for name, value in self._facts().items() if value],
            "intro": words["intro"].format(currency=document.currency),
            "heads": [words[each] for each in ("number", "service", "quantity", "unit_price", "vat", "net")],
            "for": words["for"],
            "lines": [self._line(number, line) for number, line in enumerate(document.lines, 1)],
            "vat_heads": [words[each] for each in ("tax", "net", "vat_amount")],
            "vat": [self._tax(each) for each in self.sums.by_tax],
            "sums": self._sums(),
            "due": [words["credited" if self.is_credit else "to_pay"], self._money(self.sums.gross)],
            "notes": [directed(each) for each in self._notes()],
            "payment": self._payment(),
            "foot": self._foot(),
            "page": words["page"],
            "of": words["of"],
        }

    def _seller(self) -> dict:
        seller = self.document.seller
        sender = " · ".join(filter(None, (seller.name, *seller.address.street, self._town(seller.address))))
        return {
            "name": seller.name,
            "trade": seller.trade_name or seller.name,
            "sender": sender,
            "logo": self.document.logo and _logo(self.document.logo),
            "colour": self.document.colour,
        }

    def _postal(self, party: Party) -> list[str]:
        """Name and address; the country only where the two parties are in different ones."""
        address = party.address
        is_abroad = self.document.seller.address.country != self.document.buyer.address.country
        country = Locale.parse(self.locale).territories.get(address.country, address.country) if is_abroad else ""
        return list(filter(None, (party.name, *address.street, self._town(address), address.region, country)))

    def _town(self, address: Address) -> str:
        return " ".join(filter(None, (address.postcode, address.city)))

    def _facts(self) -> dict[str, str]:
        document, is_outside = self.document, is_outside_scope(self.document)
        return {
            "issued_on": self._day(document.issued_on),
            "preceding": self._preceding(),
            "period": " – ".join(self._day(each) for each in dict.fromkeys(document.period or ())),
            "due_on": "" if self.is_credit or not document.due_on else self._day(document.due_on),
            "purchase_order": document.purchase_order,
            "buyer_reference": document.buyer_reference,
            "buyer_vat_id": "" if is_outside else vat_id(document.buyer),
            "seller_vat_id": "" if is_outside else vat_id(document.seller),
            "registration": document.seller.registration_id if is_outside else "",
            "account_number": document.account_number,
            "contact": document.seller.contact.name,
        }

    def _preceding(self) -> str:
        invoice = self.document.preceding
        words = self.labels["preceding_of"]
        return words.format(number=invoice.number, date=self._day(invoice.issued_on)) if invoice else ""

    def _line(self, number: int, line: Line) -> dict:
        return {
            "pos": str(number),
            "name": directed(line.name),
            "recipient": directed(line.recipient),
            "about": directed(line.description),
            "quantity": format_decimal(line.quantity, locale=self.locale),
            "price": self._amount(line.unit_price),
            "vat": self._rate(line.tax.rate) if line.tax.category is Category.STANDARD else line.tax.category.value,
            "net": self._amount(line_amount(line)),
        }

    def _tax(self, total: TaxTotal) -> list[str]:
        category = total.tax.category.value
        rate = f", {self._rate(total.tax.rate)}" if total.tax.category is not Category.OUTSIDE else ""
        return [f"{category}, {self.labels[category]}{rate}", self._amount(total.net), self._amount(total.vat)]

    def _sums(self) -> list[list[str]]:
        words, vat = self.labels, self.document.accounting_vat
        rows = [[words["net_total"], self._amount(self.sums.net)], [words["vat_total"], self._amount(self.sums.vat)]]
        if vat:
            rows.append([words["accounting_vat"].format(currency=vat.currency), self._amount(vat.amount, vat.currency)])
        return rows

    def _notes(self) -> list[str]:
        reasons = [(each.tax.reason, each.tax.reason_code) for each in self.sums.by_tax if each.tax.reason]
        vat = self.document.accounting_vat
        rates = [vat.exchange_rate] if vat and vat.exchange_rate else []
        return [*(f"{reason} ({code})" if code else reason for reason, code in reasons), *self.document.notes, *rates]

    def _payment(self) -> dict:
        document, words = self.document, self.labels
        svg = epc_qr(document)
        said = {"amount": self._money(self.sums.gross), "payee": document.seller.name, "number": document.number}
        return {
            "title": words["payment"],
            "text": [directed(each) for each in self._terms()],
            "rows": []
            if self.is_credit
            else [[words[name], directed(value)] for name, value in self._bank().items() if value],
            "qr": svg,
            "qr_alt": words["qr_alt"].format(**said),
            "qr_text": words["qr"],
        }

    def _terms(self) -> list[str]:
        document, words = self.document, self.labels
        if self.is_credit:
            return [words["credit_text"]]
        until = words["pay_until"].format(date=self._day(document.due_on)) if document.due_on else words["pay"]
        return [until, document.payment_terms] if document.payment_terms else [until]

    def _bank(self) -> dict[str, str]:
        bank = self.document.bank
        if bank is None:
            return {"purpose": self.document.number}
        return {
            "payee": self.document.seller.name,
            "bank_account": self._account(),
            "bank_name": " · ".join(filter(None, (bank.name, bank.bic))),
            "purpose": self.document.number,
        }

    def _account(self) -> str:
        """An IBAN in groups of four, as on bank statements."""
        account = account_number(self.document)
        groups = " ".join(account[start : start + 4] for start in range(0, len(account), 4))
        return f"IBAN {groups}" if is_iban(account) else self.document.bank.account

    def _foot(self) -> list[list[dict]]:
        seller = self.document.seller
        columns = [self._postal(seller), self._foot_of_bank(self.document.bank), self._foot_of_registers(seller)]
        return [[directed(each) for each in column if each] for column in columns if any(column)]

    def _foot_of_bank(self, bank: Bank | None) -> list[str]:
        return [bank.name, self._account(), bank.bic and f"BIC {bank.bic}"] if bank else []

    def _foot_of_registers(self, seller: Party) -> list[str]:
        identifier = "" if is_outside_scope(self.document) else vat_id(seller)
        named = {"register": seller.registration_id, "vat_id": identifier}
        registers = [f"{self.labels[name]} {value}" for name, value in named.items() if value]
        return [*registers, seller.contact.email, seller.contact.phone]

    def _day(self, day: date) -> str:
        return format_date(day, "medium", locale=self.locale)

    def _amount(self, amount: int, currency: str = "") -> str:
        currency = currency or self.document.currency
        digits = decimals(currency)
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return format_decimal(major_units(amount, currency), pattern, locale=self.locale)

    def _money(self, amount: int) -> str:
        return f"{self._amount(amount)}\u00a0{self.document.currency}"

    def _rate(self, rate) -> str:
        return f"{format_decimal(rate.normalize(), '#,##0.##', locale=self.locale)}\u00a0%"


def directed(text: str) -> dict:
    """A text with its own direction: that of its first letter."""
    strong = (unicodedata.bidirectional(each) for each in text)
    return {"text": text, "rtl": next((each for each in strong if each in ("L", "R", "AL")), "L") != "L"}


def _logo(logo: Logo) -> dict:
    content = logo.content.decode("utf-8", "replace") if logo.format == "svg" else list(logo.content)
    return {"format": logo.format, "content": content}
