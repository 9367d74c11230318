"""The VAT of an invoice in the seller's own currency (BT-6, BT-111), where the invoice has another one."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

from babel.numbers import get_currency_precision
from sqlalchemy import select

from portal.core import field_rules, money
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, AccountKind, Invoice
from portal.services.invoicing.documents.contents import Sources

LONGEST_SOURCE = 60
NOTHING = {"home_currency": None, "home_vat": None, "exchange_rate": ""}
_RATE = re.compile(r"[0-9]{1,8}(\.[0-9]{1,8})?")
_SAID = re.compile(r"1 [A-Z]{3} = (?P<rate>[0-9.]+) [A-Z]{3}, (?P<source>.*)")


class Said(NamedTuple):
    """The rate and its source, as they were typed."""

    rate: str
    source: str


def home_currency() -> str:
    """The currency of the distributor's account. One statement."""
    return db.session.scalar(select(Account.currency).where(Account.kind == AccountKind.DISTRIBUTOR)) or ""


def is_asked(row: Invoice, sources: Sources) -> bool:
    """Whether the VAT may be given in another currency, too."""
    return bool(sources.home_currency) and row.currency != sources.home_currency and row.vat > 0


def is_needed(sources: Sources) -> bool:
    """In the seller's own country, its tax office wants the VAT in its currency."""
    return sources.buyer.country is not None and sources.buyer.country == sources.company.country


def said(row: Invoice) -> Said:
    match = _SAID.fullmatch(row.exchange_rate)
    return Said(match["rate"], match["source"]) if match else Said("", row.exchange_rate)


def values(row: Invoice, home: str, rate: str, source: str) -> dict[str, object]:
    """For drafts.save: `rate` is what one unit of the invoice's currency is worth at home. Both empty: nothing is said.
    Raises InvalidInput for `rate` or `source`."""
    rate, source = rate.strip(), field_rules.kept_text(source, "source", LONGEST_SOURCE)
    if not rate and not source:
        return dict(NOTHING)
    if not source:
        raise InvalidInput("source", _("Say whose rate it is, and of which day."))
    factor = _factor(rate)
    if (vat := _exchanged(row, home, factor)) > money.MOST:
        raise InvalidInput("rate", _("That is more than can be kept."))
    words = f"1 {row.currency} = {factor:f} {home}, {source}"
    return {"home_currency": home, "home_vat": vat, "exchange_rate": words}


def _factor(rate: str) -> Decimal:
    try:
        factor = Decimal(rate if _RATE.fullmatch(rate) else "")
    except InvalidOperation:
        factor = Decimal(0)
    if not factor:
        raise InvalidInput("rate", _("Enter a rate such as %(example)s.", example="0.9421"))
    return factor


def _exchanged(row: Invoice, home: str, factor: Decimal) -> int:
    """Half up, once."""
    amount = Decimal(row.vat).scaleb(get_currency_precision(home) - get_currency_precision(row.currency)) * factor
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
