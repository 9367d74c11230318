"""What a search of orders looks for: a number, a purchase order number, a product, an account. The account is the buyer
or, of a line, who uses its licences."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select

from portal.core import access
from portal.core.paging import MAX_ID
from portal.core.statement_cache import StatementArgs
from portal.core.viewer import Viewer
from portal.models import Order, OrderLine, Product, User
from portal.models.order import HAS_PO_NUMBER
from portal.services.lists import search_index
from portal.services.lists.join_hints import in_order
from portal.services.lists.search_terms import Term, understand

_NUMBER = re.compile(r"(?:ord-)?0*([1-9][0-9]{0,9})", re.ASCII)
_LAST_CHARACTER = chr(0x10FFFF)
_LINES_FIRST = in_order(OrderLine, Order, Order.id == OrderLine.order_id)
"""The lines of some accounts, each with its order."""


@dataclass(frozen=True)
class OrderTerm(StatementArgs):
    words: Term
    key: str
    key_end: str
    """Greater than every key that begins with the term."""
    code_end: str
    number: int | None


def order_term(viewer: User, typed: str) -> OrderTerm | None:
    """None for a text that cannot be a name or number."""
    words = understand(viewer, typed)
    if words is None:
        return None
    match = _NUMBER.fullmatch(words.key)
    number = int(match[1]) if match else 0
    return OrderTerm(
        words, words.key, words.key + _LAST_CHARACTER, words.folded + _LAST_CHARACTER,
        number if 0 < number <= MAX_ID else None,
    )  # fmt: skip


def branches(viewer: Viewer, term: OrderTerm, *, is_of_all: bool) -> list[Select[tuple[int]]]:
    """Ids of orders, each by its own index. `is_of_all`: nothing limits the list to the orders of some accounts."""
    ids = access.listed_orders(viewer).with_only_columns(Order.id)
    is_for = OrderLine.account_id.in_(_accounts(viewer, term))
    found = [
        ids.where(has_po_number(term)),
        ids.where(Order.account_id.in_(_accounts(viewer, term))),
        _by_line(is_for) if is_of_all else ids.select_from(_LINES_FIRST).where(is_for),
        _by_line(OrderLine.product_id.in_(_products(term))) if is_of_all else ids.where(_has_product(term)),
    ]
    return [*found, ids.where(Order.id == term.number)] if term.number is not None else found


def matches(viewer: Viewer, term: OrderTerm) -> ColumnElement[bool]:
    """The same search as a condition, for orders that something else has found."""
    is_for = _has_line(OrderLine.account_id.in_(_accounts(viewer, term)))
    found = [has_po_number(term), Order.account_id.in_(_accounts(viewer, term)), is_for, _has_product(term)]
    return or_(*found, *([Order.id == term.number] if term.number is not None else []))


def has_po_number(term: OrderTerm) -> ColumnElement[bool]:
    """A purchase order number is found by its beginning."""
    return HAS_PO_NUMBER & Order.po_key.between(term.key, term.key_end)


def _by_line(condition: ColumnElement[bool]) -> Select[tuple[int]]:
    """Also of orders that are not listed: whoever reads the orders leaves them out."""
    return select(OrderLine.order_id.label("id")).where(condition)


def _has_product(term: OrderTerm) -> ColumnElement[bool]:
    return _has_line(OrderLine.product_id.in_(_products(term)))


def _has_line(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(OrderLine.id).where(OrderLine.order_id == Order.id, condition).correlate(Order).exists()


def _accounts(viewer: Viewer, term: OrderTerm) -> Select[tuple[int]]:
    return search_index.account_ids(viewer, term.words, term.code_end)


def _products(term: OrderTerm) -> Select[tuple[int]]:
    """The catalogue is short, so it is read as a whole."""
    words = term.words
    is_named = Product.name_key.like(words.pattern, escape="/")
    return select(Product.id).where(or_(is_named, func.lower(Product.code).like(words.pattern, escape="/")))
