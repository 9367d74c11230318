"""Which assets a search term finds: a union of branches, each with an index of its own, never an OR over a join."""

import re

from flask_babel import gettext as _
from sqlalchemy import CTE, ColumnElement, Select, false, func, or_, union

from portal.extensions import db
from portal.models import Account, Asset, Coupon, CouponStanding, Right, User
from portal.models.types import fold
from portal.services import access
from portal.services.errors import InvalidInput

SHORT = 3
"""From this many characters a term is looked for inside; a shorter one only at the beginning of a name."""
LONGEST = 200
_NUMBER = re.compile(r"(?:as-)?0*([1-9][0-9]{0,9})", re.ASCII)
_LAST_CHARACTER = chr(0x10FFFF)


def hits(reader: User, term: str) -> CTE | None:
    """The ids, scoped to what the reader sees; None without a term.

    Codes are looked at only for those who may reveal them: for others they do not match, not even by counting.
    """
    term = term.strip()
    if not term:
        return None
    key = fold(term)
    if len(term) > LONGEST or "\0" in term:
        return _ids(reader).where(false()).cte("hits")
    branches = [
        _ids(reader).where(_named(Asset.name_key, key)),
        _ids(reader).join(Account, Account.id == Asset.account_id).where(_named(Account.name_key, key)),
    ]
    if number := _number(key):
        branches.append(_ids(reader).where(Asset.id == number))
    if len(key) >= SHORT:
        branches.append(_ids(reader).where(_came_as(term)))
    if len(key) >= SHORT and term.isascii() and reader.may(Right.REVEAL_CODES):
        branches.append(_with_code(reader, term))
    return union(*branches).cte("hits")


def asset_with_code(reader: User, code: str) -> int:
    """The id of the asset that holds exactly this code, for those who may reveal it. Raises InvalidInput."""
    may_ask = reader.may(Right.REVEAL_CODES) and "\0" not in code
    found = db.session.scalar(_coupons(reader).where(Coupon.code == code)) if may_ask else None
    if found is None:
        raise InvalidInput("code", _("No asset holds exactly this code. Capital and small letters differ."))
    return found


def _ids(reader: User) -> Select[tuple[int]]:
    return access.visible_asset_ids(reader)


def _coupons(reader: User) -> Select[tuple[int]]:
    return _ids(reader).join(Coupon, Coupon.asset_id == Asset.id).where(Coupon.standing == CouponStanding.RECORDED)


def _with_code(reader: User, term: str) -> Select[tuple[int]]:
    return _coupons(reader).where(func.lower(Coupon.code).contains(term.lower(), autoescape=True))


def _named(column: ColumnElement[str], key: str) -> ColumnElement[bool]:
    if len(key) < SHORT:
        return column.between(key, key + _LAST_CHARACTER)
    return column.contains(key, autoescape=True)


def _came_as(term: str) -> ColumnElement[bool]:
    """The beginning of its number in the system that it was imported from, as typed or in capitals."""
    spellings = sorted({term, term.upper()})
    return or_(*(Asset.external_id.between(text, text + _LAST_CHARACTER) for text in spellings))


def _number(key: str) -> int | None:
    match = _NUMBER.fullmatch(key)
    number = int(match[1]) if match else 0
    return number if 0 < number < 2**31 else None
