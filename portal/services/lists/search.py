"""The assets that a search term finds: a union of branches, each with its own index, never an OR over a join."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.core import access
from portal.models import Account, Asset, User
from portal.services.lists import search_index
from portal.services.lists.join_hints import Apart, in_order
from portal.services.lists.list_filters import Filters, in_trees
from portal.services.lists.search_index import Branch, Value
from portal.services.lists.search_terms import Term

_LAST_CHARACTER = chr(0x10FFFF)


def branches(viewer: User, filters: Filters) -> Iterator[Branch]:
    index, term = search_index.of(viewer, filters), filters.term
    if term.is_short:
        yield _beginning(viewer, filters, Asset.name_sort, term.prefix, term.prefix_end)
        yield _of_accounts_beginning(viewer, filters, term)
    else:
        yield index.names(term)
        yield index.accounts(term)
    if term.finds_old_numbers:
        yield _beginning(viewer, filters, Asset.external_key, term.folded, term.folded + _LAST_CHARACTER)
    if term.finds_codes:
        yield index.codes(term)
    if term.number is not None:
        yield _alike(_ids(viewer, filters).where(Asset.id == term.number))


def matches(term: Term) -> ColumnElement[bool]:
    """The same search as a condition, for assets that something else has found."""
    if not term.is_short:
        is_hit = search_index.matches(term)
    else:
        named = select(Account.id).where(_is_named(Account, term))
        is_hit = or_(_is_named(Asset, term), Asset.account_id.in_(named))
    further = [Asset.external_key.between(term.folded, term.folded + _LAST_CHARACTER)] if term.finds_old_numbers else []
    if term.number is not None:
        further.append(Asset.id == term.number)
    return or_(is_hit, *further)


def _beginning(viewer: User, filters: Filters, column: InstrumentedAttribute, first: Value, last: Value) -> Branch:
    """The beginning of a name, or of the number in the system that the asset was imported from."""
    rows = _ids(viewer, filters)
    apart_from_its_index = func.substr(column, 1, type_=column.type)
    return Branch(
        rows.where(column.between(first, last)), rows.where(apart_from_its_index.between(first, last)), Asset.id
    )


def _of_accounts_beginning(viewer: User, filters: Filters, term: Term) -> Branch:
    rows = _ids(viewer, filters)
    called = access.visible_accounts(viewer).with_only_columns(Account.id).where(_is_named(Account, term))
    first = called.subquery()
    theirs = in_order(first, Asset, Asset.account_id == first.c.id)
    found = select(Asset.id).select_from(theirs).where(Apart(rows.whereclause))
    return Branch(found, rows.where((Asset.account_id + 0).in_(called)), Asset.id)


def _alike(rows: Select[tuple[int]]) -> Branch:
    return Branch(rows, rows, Asset.id)


def _ids(viewer: User, filters: Filters) -> Select[tuple[int]]:
    return access.visible_asset_ids(viewer).where(in_trees(filters))


def _is_named(model: type[Account] | type[Asset], term: Term) -> ColumnElement[bool]:
    return model.name_sort.between(term.prefix, term.prefix_end)
