"""What a search of invoices looks for: a number, a purchase order number, a buyer, an amount, an order, an asset."""

import re
from dataclasses import dataclass
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_precision
from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from portal.core import billing_access
from portal.core.money import minor_units
from portal.core.paging import MAX_ID
from portal.core.statement_cache import StatementArgs
from portal.core.viewer import Viewer
from portal.models import Invoice, InvoiceLine, OrderLine, User
from portal.models.invoice import HAS_PO_NUMBER, IS_DRAFT, IS_ISSUED
from portal.services.lists import search_index
from portal.services.lists.join_hints import in_order
from portal.services.lists.search_terms import Term, understand

_ORDER, _ASSET = (re.compile(rf"{prefix}-0*([1-9][0-9]{{0,9}})", re.ASCII) for prefix in ("ord", "as"))
_LAST_CHARACTER = chr(0x10FFFF)
_USUAL_DIGITS = 2
_EXAMPLES = {0: "JPY", 2: "EUR", 3: "KWD"}
"""A currency with so many decimals."""


@dataclass(frozen=True)
class InvoiceTerm(StatementArgs):
    words: Term
    key: str
    key_end: str
    """Greater than every key that begins with the term."""
    number: str
    number_end: str
    whole: int | None
    """The amount in the minor units of a currency without decimals."""
    hundredths: int | None
    thousandths: int | None
    order_id: int | None
    asset_id: int | None


def invoice_term(viewer: User, typed: str) -> InvoiceTerm | None:
    """None for a text that cannot be a name or number."""
    words = understand(viewer, typed)
    if words is None:
        return None
    return InvoiceTerm(
        words, words.key, words.key + _LAST_CHARACTER, words.folded, words.folded + _LAST_CHARACTER,
        *(_amount(typed, currency) for currency in _EXAMPLES.values()), _id(_ORDER, words.key), _id(_ASSET, words.key),
    )  # fmt: skip


def branches(viewer: Viewer, term: InvoiceTerm) -> list[Select[tuple[int]]]:
    """Ids of invoices, each by its own index."""
    ids = billing_access.visible_invoices(viewer).with_only_columns(Invoice.id)
    found = [ids.where(condition) for condition in _conditions(viewer, term)]
    return [*found, *_of_accounts(ids, viewer, term)] if viewer.is_staff else found


def _of_accounts(ids: Select[tuple[int]], viewer: Viewer, term: InvoiceTerm) -> list[Select[tuple[int]]]:
    """The accounts first: an index of invoices by account is of issued ones, or of drafts."""
    accounts = _accounts(viewer, term).subquery()
    rows = ids.select_from(in_order(accounts, Invoice, Invoice.billed_account_id == accounts.c.id))
    return [rows.where(condition) for condition in (IS_ISSUED, IS_DRAFT)]


def _accounts(viewer: Viewer, term: InvoiceTerm) -> Select[tuple[int]]:
    return search_index.account_ids(viewer, term.words, term.number_end)


def matches(viewer: Viewer, term: InvoiceTerm) -> ColumnElement[bool]:
    """The same search as a condition, for invoices that something else has found."""
    found = _conditions(viewer, term)
    if viewer.is_staff:
        found.append(Invoice.billed_account_id.in_(_accounts(viewer, term)))
    return or_(*found)


def _conditions(viewer: Viewer, term: InvoiceTerm) -> list[ColumnElement[bool]]:
    found = [
        Invoice.number_key.between(term.number, term.number_end),
        and_(HAS_PO_NUMBER, Invoice.po_key.between(term.key, term.key_end)),
    ]
    if viewer.is_staff:  # for others all invoices have the same buyer
        found.append(Invoice.buyer_key.between(term.key, term.key_end))
    if term.whole is not None or term.hundredths is not None or term.thousandths is not None:
        found.append(_has_amount(term))
    if term.order_id is not None:
        lines = select(InvoiceLine.invoice_id).join(OrderLine, OrderLine.id == InvoiceLine.order_line_id)
        found.append(Invoice.id.in_(lines.where(OrderLine.order_id == term.order_id)))
    if term.asset_id is not None:
        found.append(Invoice.id.in_(select(InvoiceLine.invoice_id).where(InvoiceLine.asset_id == term.asset_id)))
    return found


def _has_amount(term: InvoiceTerm) -> ColumnElement[bool]:
    unusual = _unusual_currencies()
    usual = Invoice.currency.not_in([currency for each in unusual.values() for currency in each])
    amounts = ((0, term.whole), (_USUAL_DIGITS, term.hundredths), (3, term.thousandths))
    found = [
        and_(Invoice.gross == amount, usual if digits == _USUAL_DIGITS else Invoice.currency.in_(unusual[digits]))
        for digits, amount in amounts
        if amount is not None
    ]
    return or_(*found) if found else false()


@cache
def _unusual_currencies() -> dict[int, list[str]]:
    """The currencies without decimals, and those with three."""
    found: dict[int, list[str]] = {0: [], 3: []}
    for currency in sorted(get_global("all_currencies")):
        digits = get_currency_precision(currency)
        if digits in found:
            found[digits].append(currency)
    return found


def _amount(typed: str, currency: str) -> int | None:
    try:
        return minor_units(typed.strip(), currency)
    except ValueError:
        return None


def _id(pattern: re.Pattern, key: str) -> int | None:
    match = pattern.fullmatch(key)
    number = int(match[1]) if match else 0
    return number if 0 < number <= MAX_ID else None
