"""The assets that a search term finds: a union of branches, each with its own index, never an OR over a join."""

from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.core import access
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, Asset, Coupon, CouponStanding, Right, User
from portal.models.types import fold
from portal.services.lists import search_index
from portal.services.lists.join_hints import Apart, in_order
from portal.services.lists.list_filters import Filters, in_trees
from portal.services.lists.search_index import Branch
from portal.services.lists.search_terms import Term

_LAST_CHARACTER = chr(0x10FFFF)


def branches(viewer: User, filters: Filters) -> Iterator[Branch]:
    index, term = search_index.of(viewer, filters), filters.term
    if term.is_short:
        yield _beginning(viewer, filters, Asset.name_key, term.key)
        yield _of_accounts_beginning(viewer, filters, term.key)
    else:
        yield index.names(term)
        yield index.accounts(term)
    if term.finds_old_numbers:
        yield _beginning(viewer, filters, Asset.external_key, term.key)
    if term.finds_codes:
        yield index.codes(term)
    if term.number is not None:
        yield _alike(_ids(viewer, filters).where(Asset.id == term.number))


def matches(term: Term) -> ColumnElement[bool]:
    """The same search as a condition, for assets that something else has found."""
    if not term.is_short:
        is_hit = search_index.matches(term)
    else:
        named = select(Account.id).where(_begins(Account.name_key, term.key))
        is_hit = or_(_begins(Asset.name_key, term.key), Asset.account_id.in_(named))
    further = [_begins(Asset.external_key, term.key)] if term.finds_old_numbers else []
    if term.number is not None:
        further.append(Asset.id == term.number)
    return or_(is_hit, *further)


def asset_with_code(viewer: User, code: str) -> int:
    """The id of the asset with exactly this code, for people who may reveal it. Raises InvalidInput."""
    asset_id = _holder(viewer, code)
    if asset_id is None:
        raise InvalidInput("code", _("No asset holds exactly this code. Capital and small letters differ."))
    return asset_id


def asset_with_code_typed(viewer: User, text: str) -> int | None:
    """The same for text from a search box, which may be in lower case. Returns None if there is no such asset."""
    return _holder(viewer, text, text.upper())


def looks_like_code(text: str) -> bool:
    """SBX-7KQ2-M9TA-…, or twenty mixed letters and digits: neither a customer's name nor one of our numbers."""
    first, *groups = text.split("-")
    if not (text.isascii() and first.isalnum() and all(group.isalnum() for group in groups)):
        return False
    if len(groups) >= 2 and len(set(map(len, groups))) == 1 and len(groups[0]) >= 4:
        return any(_changes(group) for group in groups)
    return len(text) >= 16 and _changes(text) >= 3


def is_named(viewer: User, text: str) -> bool:
    """Whether something that this person sees has a name that begins like this. Then it is no secret, whatever it looks
    like."""
    key = fold(text)
    assets = access.visible_asset_ids(viewer)
    columns = (Asset.name_key, Asset.external_key) if viewer.may(Right.SEE_INTERNALS) else (Asset.name_key,)
    places = [assets.where(_begins(column, key)) for column in columns]
    places.append(access.visible_accounts(viewer).with_only_columns(Account.id).where(_begins(Account.name_key, key)))
    return any(db.session.scalar(rows.limit(1)) is not None for rows in places)


def _changes(text: str) -> int:
    """How often letters and digits alternate."""
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(text))


def _holder(viewer: User, *spellings: str) -> int | None:
    if not viewer.may(Right.REVEAL_CODES) or "\0" in spellings[0]:
        return None
    coupons = access.visible_asset_ids(viewer).join(Coupon, Coupon.asset_id == Asset.id)
    return db.session.scalar(coupons.where(Coupon.standing == CouponStanding.RECORDED, Coupon.code.in_(spellings)))


def _beginning(viewer: User, filters: Filters, column: InstrumentedAttribute[str], key: str) -> Branch:
    """The beginning of a name, or of the number in the system that the asset was imported from."""
    rows = _ids(viewer, filters)
    apart_from_its_index = _begins(column + "", key)
    return Branch(rows.where(_begins(column, key)), rows.where(apart_from_its_index), Asset.id)


def _of_accounts_beginning(viewer: User, filters: Filters, key: str) -> Branch:
    rows = _ids(viewer, filters)
    called = access.visible_accounts(viewer).with_only_columns(Account.id).where(_begins(Account.name_key, key))
    first = called.subquery()
    theirs = in_order(first, Asset, Asset.account_id == first.c.id)
    found = select(Asset.id).select_from(theirs).where(Apart(rows.whereclause))
    return Branch(found, rows.where((Asset.account_id + 0).in_(called)), Asset.id)


def _alike(rows: Select[tuple[int]]) -> Branch:
    return Branch(rows, rows, Asset.id)


def _ids(viewer: User, filters: Filters) -> Select[tuple[int]]:
    return access.visible_asset_ids(viewer).where(in_trees(filters))


def _begins(column: ColumnElement[str], key: str) -> ColumnElement[bool]:
    return column.between(key, key + _LAST_CHARACTER)
