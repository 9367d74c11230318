"""Documents broken on purpose, one fault each. The docstring of each names the rules that must find it."""

import re
from collections.abc import Callable

from portal.providers.einvoice import xml
from portal.providers.einvoice.completeness import Format
from portal.providers.einvoice.document import Kind, Line
from tests.providers.einvoice.corpus import document, tax

MUTATIONS: list[Callable[[], bytes]] = []
REASON = r"<ram:ExemptionReason(Code)?>[^<]*</ram:ExemptionReason(Code)?>"


def _two_lines(**changes):
    return document(lines=(Line("Licence", 3, 825, tax("S")), Line("Bundle", 2, 1150, tax("S", "13"))), **changes)


def _of(*categories: str):
    return document(lines=tuple(Line("Licence", 3, 825, tax(category)) for category in categories))


def _mutation(name: str, rules: str, pattern: str, replacement: str, said=None, count: int = 1) -> None:
    def broken() -> bytes:
        made = xml.generate(said or _two_lines(), Format.XRECHNUNG).decode()
        changed, times = re.subn(pattern, replacement, made, count=count, flags=re.DOTALL)
        assert times, f"{name} changes nothing"
        return changed.encode()

    broken.__name__, broken.__doc__ = name, rules
    MUTATIONS.append(broken)


_mutation("wrong_line_amount", "BR-CO-10", "<ram:LineTotalAmount>24.75", "<ram:LineTotalAmount>24.76")
_mutation("wrong_sum_of_lines", "BR-CO-10", "<ram:LineTotalAmount>47.75", "<ram:LineTotalAmount>47.74")
_mutation("wrong_net_total", "BR-CO-13", "<ram:TaxBasisTotalAmount>47.75", "<ram:TaxBasisTotalAmount>47.76")
_mutation("wrong_vat_total", "BR-CO-14", '(<ram:TaxTotalAmount currencyID="EUR">)8.93', r"\g<1>8.94")
_mutation("wrong_gross_total", "BR-CO-15", "<ram:GrandTotalAmount>56.68", "<ram:GrandTotalAmount>56.69")
_mutation("wrong_amount_due", "BR-CO-16", "<ram:DuePayableAmount>56.68", "<ram:DuePayableAmount>56.60")
_mutation("wrong_vat_of_a_rate", "BR-S-09", "<ram:CalculatedAmount>5.94", "<ram:CalculatedAmount>7.94")
_mutation("wrong_net_of_a_rate", "BR-S-08", "<ram:BasisAmount>24.75", "<ram:BasisAmount>26.75")
_mutation("three_decimals", "BR-DEC-14", "<ram:GrandTotalAmount>56.68", "<ram:GrandTotalAmount>56.680")
_mutation("unknown_currency", "BR-CL-04", "(<ram:InvoiceCurrencyCode>)EUR", r"\1EUX")
_mutation("unknown_country", "BR-CL-14", "<ram:CountryID>DE", "<ram:CountryID>DX")
_mutation("unknown_unit", "BR-CL-23", 'unitCode="C62"', 'unitCode="PIECE"')
_mutation("unknown_scheme_of_an_address", "BR-CL-25", 'schemeID="9930"', 'schemeID="ZZZZ"')
_mutation("unknown_type", "BR-CL-01", "<ram:TypeCode>380", "<ram:TypeCode>999")
_mutation("vat_id_without_prefix", "BR-CO-09", '(schemeID="VA">)EL', r"\1")
_mutation(
    "no_seller_vat_id", "BR-S-02", r'<ram:SpecifiedTaxRegistration>\s*<ram:ID schemeID="VA">EL.*?Registration>', ""
)
_mutation("no_number", "BR-02", "<ram:ID>INV-2026-000001</ram:ID>", "<ram:ID></ram:ID>")
_mutation("no_item_name", "BR-25", "<ram:Name>Licence</ram:Name>", "<ram:Name></ram:Name>")
_mutation("negative_price", "BR-27", "<ram:ChargeAmount>8.25", "<ram:ChargeAmount>-8.25")
_mutation("no_buyer_reference", "BR-DE-15", "<ram:BuyerReference>.*?</ram:BuyerReference>", "")
_mutation("no_phone", "BR-DE-6", "<ram:TelephoneUniversalCommunication>.*?</ram:TelephoneUniversalCommunication>", "")
_mutation(
    "no_payment_means",
    "BR-DE-1",
    "<ram:SpecifiedTradeSettlementPaymentMeans>.*</ram:SpecifiedTradeSettlementPaymentMeans>",
    "",
)
_mutation("no_buyer_city", "BR-DE-8", "<ram:CityName>Überlingen</ram:CityName>", "")
_mutation("period_backwards", "BR-29", "(<ram:StartDateTime>.*?)20261101", r"\g<1>20261231")
_mutation("no_reason", "BR-AE-10", REASON, "", _of("AE"), count=2)
_mutation("no_reason_for_an_export", "BR-G-10", REASON, "", _of("G"), count=2)
_mutation("reverse_charge_with_a_rate", "BR-AE-05", "(Percent>)0", r"\g<1>19", _of("AE"))
_mutation(
    "outside_the_scope_with_a_vat_id",
    "BR-O-02",
    "(</ram:URIUniversalCommunication>)",
    r'\1<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">EL998765435</ram:ID></ram:SpecifiedTaxRegistration>',
    _of("O"),
)
_mutation(
    "zero_rate_with_a_reason",
    "BR-Z-10",
    "(<ram:BasisAmount>)",
    r"<ram:ExemptionReason>x</ram:ExemptionReason>\1",
    _of("Z"),
)
_mutation(
    "credit_without_its_number",
    "BR-55",
    "<ram:IssuerAssignedID>INV-2026-000017</ram:IssuerAssignedID>",
    "",
    document(kind=Kind.CREDIT_NOTE),
)
