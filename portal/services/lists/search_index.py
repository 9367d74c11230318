"""The search index: trigrams of names and codes, created by migration 0007 and maintained by the database itself in the
row's transaction. SQLite has full-text tables, PostgreSQL `pg_trgm`.

The index itself limits hits to what the viewer sees, so that neither the answer nor its duration reveals other people's
rows.
"""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Protocol

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    type_coerce,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from portal.core import access
from portal.core.viewer import Tree
from portal.extensions import db
from portal.models import Account, AccountKind, Asset, Coupon, CouponStanding, User
from portal.services.lists.join_hints import Apart, in_order
from portal.services.lists.list_filters import Filters, in_trees
from portal.services.lists.search_terms import Term

_SIGNS = literal_column(
    "string_to_array(regexp_replace(assets.name_key, '[[:alnum:][:space:]]+', '', 'g'), NULL)", ARRAY(TEXT)
)
"""The signs in a name, as in migration 0007: each sign, and each character beyond ASCII."""


Value = str | int | ColumnElement
"""A value, or the parameter that stands for it (core/statement_cache.py)."""

FACTS = (Asset.id, Asset.sync_status.label("status"), Asset.lifecycle.label("lifecycle"), Asset.purchased_on)
"""What hits are counted and ordered by."""
_IN_ACCOUNTS = (Account.branch_id, Account.id)
"""Excludes accounts elsewhere before their assets are read, as there may be very many."""


@dataclass(frozen=True)
class Branch:
    """One way in which a term finds assets."""

    found: Select[tuple[int]]
    """Ids, unordered."""
    walked: Select[tuple[int]]
    """The same with the asset's columns available, so that any number can be read in the order of `id`."""
    id: ColumnElement[int]
    has_facts: bool = False
    """An index has FACTS beside the id, so that `found` can have them without reading a row for each."""

    @property
    def facts(self) -> Select:
        return self.found.with_only_columns(*FACTS, maintain_column_froms=True)


class Index(Protocol):
    """For one viewer. If `filters` names an account, only what is below it is searched."""

    def names(self, term: Term) -> Branch: ...

    def accounts(self, term: Term) -> Branch: ...

    def codes(self, term: Term) -> Branch: ...


def of(viewer: User, filters: Filters) -> Index:
    return (_FullText if _is_sqlite() else _Trigrams)(viewer, filters)


def matches(term: Term) -> ColumnElement[bool]:
    """The same search as a condition, for assets that something else has found."""
    called = exists().where(Account.id == Asset.account_id, _holds(Account.name_key, term.pattern))
    coded = exists().where(_is_code_of(Asset.id), _holds_code(term))
    further = (called, coded) if term.finds_codes else (called,)
    return or_(_holds(Asset.name_key, term.pattern), *(each.correlate(Asset) for each in further))


def pair(hit: CTE) -> ColumnElement[str]:
    """The id and the day of a hit as text, for `pairs`."""
    return literal("[") + cast(hit.c.id, String) + ',"' + cast(hit.c.purchased_on, String) + '"]'


def pairs(text: Value) -> Select[tuple[int, date]]:
    """Ids and days of purchase from pairs that are separated by commas."""
    array = literal("[") + text + "]"
    if _is_sqlite():
        each = func.json_each(array).table_valued("value").c.value
        found, day = func.json_extract(each, "$[0]"), type_coerce(func.json_extract(each, "$[1]"), Date)
    else:
        each = select(func.json_array_elements(cast(array, JSON)).label("pair")).subquery().c.pair
        found, day = (
            cast(each.op("->>")(literal_column(place)), kind) for place, kind in (("0", Integer), ("1", Date))
        )
    return select(found.label("id"), day.label("purchased_on"))


def account_ids(viewer: User, term: Term, code_end: Value) -> Select[tuple[int]]:
    """Accounts that the viewer sees and whose name holds the term, or whose code begins with it (up to `code_end`)."""
    accounts = access.visible_accounts(viewer).with_only_columns(Account.id)
    if term.is_short:
        named = accounts.where(Account.name_sort.between(term.prefix, term.prefix_end))
    elif _is_sqlite():
        words = _words("search_accounts")
        found = select(words.c.rowid).where(_match(words, term.pieces))
        named = accounts.where(Account.id.in_(found), _holds(Account.name_key, term.pattern))
    else:
        named = accounts.where(_holds(Account.name_key, term.pattern))
    return union(named, accounts.where(Account.code_key.between(term.folded, code_end)))


class _FullText:
    def __init__(self, viewer: User, filters: Filters):
        self._reader = viewer
        self._filters = filters
        self._scope = _scope(viewer, filters)

    def names(self, term: Term) -> Branch:
        return self._branch("search_assets", term)

    def codes(self, term: Term) -> Branch:
        return self._branch("search_codes", term)

    def accounts(self, term: Term) -> Branch:
        words = _words("search_accounts")
        is_called = (
            _match(words, term.pieces),
            _holds(Account.name_key, term.pattern),
            access.in_tree_of(self._reader.account, *_IN_ACCOUNTS),
        )
        first = in_order(words, Account, Account.id == words.c.rowid)
        rows = _ids(self._reader, self._filters)
        theirs = in_order(first, Asset, Asset.account_id == Account.id)
        found = select(Asset.id).select_from(theirs).where(Apart(rows.whereclause), *is_called)
        walked = rows.where((Asset.account_id + 0).in_(select(Account.id).select_from(first).where(*is_called)))
        return Branch(found, walked, Asset.id, has_facts=True)

    def _branch(self, name: str, term: Term) -> Branch:
        words = _words(name)
        is_hit = _match(words, term.phrase, *self._scope)
        joined = in_order(words, Asset, Asset.id == words.c.rowid)
        walked = _ids(self._reader, self._filters).select_from(joined).where(is_hit)
        return Branch(select(words.c.rowid.label("id")).where(is_hit), walked, words.c.rowid)


class _Trigrams:
    def __init__(self, viewer: User, filters: Filters):
        self._ids = _ids(viewer, filters)
        self._sees = access.in_tree_of(viewer.account, *_IN_ACCOUNTS)

    def names(self, term: Term) -> Branch:
        """A term without trigrams is found by its signs alone, as beginnings of words are too many. Without signs
        either, reading all names is faster than examining each asset with such a beginning."""
        if not (term.is_of_signs or term.is_of_letters):
            return self._branch(self._ids.where(_holds(Asset.name_key, term.pattern)))
        rows = self._ids.where(_holds(Asset.name_key + "", term.pattern))
        if term.is_of_signs:
            rows = rows.where(_SIGNS.contains(func.string_to_array(term.signs, None, type_=ARRAY(TEXT))))
        return self._branch(rows)

    def accounts(self, term: Term) -> Branch:
        called = self._ids.join(Account, Account.id == Asset.account_id)
        rows = called.where(_holds(Account.name_key, term.pattern), self._sees)
        return Branch(rows, rows, Asset.id, has_facts=True)

    def codes(self, term: Term) -> Branch:
        coupons = self._ids.join(Coupon, _is_code_of(Asset.id))
        return self._branch(coupons.where(_holds_code(term)))

    @staticmethod
    def _branch(rows: Select[tuple[int]]) -> Branch:
        return Branch(rows, rows, Asset.id)


def _ids(viewer: User, filters: Filters) -> Select[tuple[int]]:
    return access.visible_asset_ids(viewer).where(in_trees(filters))


def _is_code_of(asset_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Surplus coupons and those in review are no asset's code yet."""
    return and_(Coupon.asset_id == asset_id, Coupon.standing == CouponStanding.RECORDED)


def _holds(text: ColumnElement[str], pattern: Value) -> ColumnElement[bool]:
    return text.like(pattern, escape="/")


def _holds_code(term: Term) -> ColumnElement[bool]:
    """PostgreSQL's index (migration 0007) has a zero for each sign; then the code itself decides."""
    code = func.lower(Coupon.code)
    if _is_sqlite():
        return _holds(code, term.pattern)
    sign, zero, all_of_them = (literal(text, literal_execute=True) for text in ("[^a-z0-9]", "0", "g"))
    read = func.regexp_replace(code, sign, zero, all_of_them)
    return and_(_holds(read, term.code_pattern), _holds(code, term.pattern))


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _words(name: str) -> FromClause:
    return table(name, column("rowid"))


def _match(words: FromClause, *queries: ColumnElement[str]) -> ColumnElement[bool]:
    return literal_column(words.name).op("MATCH")(reduce(lambda one, other: one + " AND " + other, queries))


def _scope(viewer: User, filters: Filters) -> list[ColumnElement[str]]:
    """The accounts, in the syntax of the full-text query."""
    accounts = [account for account in (viewer.account, filters.account, filters.within) if account is not None]
    scope = [_of(account) for account in accounts if not account.is_distributor]
    if filters.account is None and filters.account_id is not None:
        scope.append("(" + _in("branch", filters.account_id) + " OR " + _in("account", filters.account_id) + ")")
    return scope


def _of(account: Tree) -> ColumnElement[str]:
    return _in("branch" if account.kind is AccountKind.PARTNER else "account", account.id)


def _in(field: str, account_id: Value) -> ColumnElement[str]:
    """An account's number as one trigram, as migration 0007 writes it."""
    number = literal(account_id) if isinstance(account_id, int) else account_id
    return f'{field} : "' + func.char(0x20000 + number % 65536, 0x20000 + number // 65536, type_=String) + '."'
