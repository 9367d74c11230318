"""A document as the business terms of EN 16931: the dictionary that `factur-x` makes CII and UBL from."""

from portal.providers.einvoice.completeness import Format, is_outside_scope
from portal.providers.einvoice.document import Address, Category, Document, Line, Party, Tax
from portal.providers.einvoice.totals import TaxTotal, decimals, line_amount, major_units, totals

PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
SEPA_TRANSFER, CREDIT_TRANSFER = "58", "30"
ONE = "C62"
GREEK_PREFIXES = ("GR", "\u0395\u039b")
"""What is written for EL: the code of the country, or the same two letters in Greek."""


def business_terms(document: Document, format: Format) -> dict:
    """Amounts are strings. Empty terms are left out."""
    is_outside = is_outside_scope(document)
    return _filled(
        {
            "BT-1": document.number,
            "BT-2": document.issued_on,
            "BT-3": document.kind.value,
            "BT-5": document.currency,
            "BT-9": document.due_on,
            "BT-10": document.buyer_reference,
            "BT-13": document.purchase_order,
            "BT-20": document.payment_terms,
            "BT-23": PEPPOL_PROCESS if format is not Format.FACTUR_X else "",
            "BT-72": document.period and document.period[1],
            "BT-73": document.period and document.period[0],
            "BT-74": document.period and document.period[1],
            "BG-1": [{"BT-22": note} for note in _notes(document)],
            "BG-3": _preceding(document),
            "BG-4": _party(document.seller, is_outside),
            "BG-7": _party(document.buyer, is_outside),
            "BG-13": _delivery(document),
            "BG-25": [_line(number, line, document.currency) for number, line in enumerate(document.lines, 1)],
            **_payment(document),
            **_sums(document),
            **_accounting_vat(document),
        }
    )


def vat_id(party: Party) -> str:
    """BT-31 and BT-48: letters and digits only, with the country's prefix, which is EL for Greece."""
    identifier = "".join(mark for mark in party.vat_id if mark.isalnum()).upper()
    prefix = "EL" if party.address.country == "GR" else party.address.country
    if prefix == "EL" and identifier.startswith(GREEK_PREFIXES):
        identifier = identifier[2:]
    has_prefix = identifier[:2].isascii() and identifier[:2].isalpha()
    return identifier if has_prefix or not identifier else prefix + identifier


def account_number(document: Document) -> str:
    """BT-84, without spaces."""
    return "".join(document.bank.account.split()).upper() if document.bank else ""


def is_iban(account: str) -> bool:
    from stdnum import iban

    return iban.is_valid(account)


def _filled(terms: dict) -> dict:
    return {name: value for name, value in terms.items() if value not in (None, "", [], {})}


def _notes(document: Document) -> list[str]:
    rate = document.accounting_vat.exchange_rate if document.accounting_vat else ""
    return [*document.notes, *filter(None, [rate])]


def _preceding(document: Document) -> list[dict]:
    invoice = document.preceding
    return [{"BT-25": invoice.number, "BT-26": invoice.issued_on}] if invoice else []


def _party(party: Party, is_outside: bool) -> dict:
    electronic = party.electronic_address
    return _filled(
        {
            "name": party.name,
            "biz_name": party.trade_name,
            "vat_identifier": "" if is_outside else vat_id(party),
            "legal_identifier": party.registration_id,
            "contacts": list(filter(None, [_filled(vars(party.contact))])),
            "einvoicing_addr": electronic and electronic.identifier,
            "einvoicing_addr_schemeid": electronic and electronic.scheme,
            **_address(party.address),
        }
    )


def _address(address: Address) -> dict:
    first, second, third = (*address.street, "", "", "")[:3]
    return _filled(
        {
            "addr_l1": first,
            "addr_l2": second,
            "addr_l3": third,
            "postcode": address.postcode,
            "city": address.city,
            "country_subdivision": address.region,
            "country_code": address.country,
        }
    )


def _delivery(document: Document) -> dict:
    """BR-IC-12 asks where a supply within the EU arrives."""
    if all(line.tax.category is not Category.INTRA_COMMUNITY for line in document.lines):
        return {}
    return {"name": document.buyer.name} | _address(document.buyer.address)


def _payment(document: Document) -> dict:
    if not document.bank:
        return {}
    account = account_number(document)
    is_sepa = document.currency == "EUR" and is_iban(account)
    return {
        "BT-81": SEPA_TRANSFER if is_sepa else CREDIT_TRANSFER,
        "BT-83": document.number,
        "BT-84": account,
        "BT-85": document.seller.name,
        "BT-86": "".join(document.bank.bic.split()).upper(),
    }


def _line(number: int, line: Line, currency: str) -> dict:
    about = " · ".join(filter(None, (line.recipient, line.description)))
    return _filled(
        {
            "BT-126": str(number),
            "BT-129": str(line.quantity),
            "BT-130": ONE,
            "BT-131": _amount(line_amount(line), currency),
            "BT-146": _amount(line.unit_price, currency),
            "BT-151": line.tax.category.value,
            "BT-152": "" if line.tax.category is Category.OUTSIDE else _rate(line.tax),  # BR-O-05
            "BT-153": line.name,
            "BT-154": about,
            "BT-155": line.item_number,
        }
    )


def _sums(document: Document) -> dict:
    sums, currency = totals(document), document.currency
    net, vat, gross = (_amount(each, currency) for each in (sums.net, sums.vat, sums.gross))
    return {
        "BT-106": net,
        "BT-109": net,
        "BT-110": vat,
        "BT-112": gross,
        "BT-115": gross,
        "BG-23": [_tax(each, currency) for each in sums.by_tax],
    }


def _accounting_vat(document: Document) -> dict:
    vat = document.accounting_vat
    return {"BT-6": vat.currency, "BT-111": _amount(vat.amount, vat.currency)} if vat else {}


def _tax(total: TaxTotal, currency: str) -> dict:
    return _filled(
        {
            "BT-116": _amount(total.net, currency),
            "BT-117": _amount(total.vat, currency),
            "BT-118": total.tax.category.value,
            "BT-119": _rate(total.tax),
            "BT-120": total.tax.reason,
            "BT-121": total.tax.reason_code,
        }
    )


def _rate(tax: Tax) -> str:
    return f"{tax.rate.normalize():f}"


def _amount(amount: int, currency: str) -> str:
    return f"{major_units(amount, currency):.{decimals(currency)}f}"
