"""Finds the coupon code in pasted text: the one way from what a person typed or pasted to a code, for every door.

A whole code must never stand in an address. So each search is posted and asks `look_up` first; only text in which it
finds no code becomes part of an address. The database knows which texts are codes; the shape of a text counts only for
codes that are not on record.

People who see a part of the accounts only must not learn from the answer whether a text is somebody else's code. So
for them any text that may be a code and finds nothing is treated like one.
"""

from dataclasses import dataclass, replace

from sqlalchemy import Select, func, select

from portal.core import access
from portal.core.errors import InvalidInput
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Asset, Coupon, CouponStanding, Right, User
from portal.services.lists import search, search_index
from portal.services.lists.join_hints import in_order
from portal.services.lists.list_filters import Filters, equals_literal
from portal.services.lists.search_index import Branch
from portal.services.lists.search_terms import Term, understand
from portal.services.pasted_codes.reading import Pasted, apart


@dataclass(frozen=True)
class Found:
    asset_id: int | None = None
    sentence: str | None = None
    """What is in the way, if it leads to no asset."""
    is_unknown: bool = False
    """It is one whole code, but of no asset that this person may find."""


def look_up(viewer: User, text: str) -> Found | None:
    """Where a pasted code leads this person. None if the text holds none: it can be searched for as it is."""
    pasted = Pasted(text)
    if not pasted.text:
        return None
    codes = _on_record(viewer, pasted)
    if not codes and not _may_be_unknown_code(viewer, pasted):
        return None
    if not viewer.may(Right.REVEAL_CODES):
        return Found(sentence=_not_yours(pasted))
    if (sentence := _unreadable(pasted, codes)) is not None:
        return Found(sentence=sentence)
    asset_id = _holder(viewer, codes[0]) if codes else None
    return Found(sentence=_no_such_code(pasted), is_unknown=True) if asset_id is None else Found(asset_id)


def asset_with_code(viewer: User, text: str) -> int:
    """The id of the asset with this code, for people who may reveal it. Raises InvalidInput."""
    found = look_up(viewer, text)
    if found is None or found.asset_id is None:
        raise InvalidInput("code", found.sentence if found else _no_such_code(Pasted(text)))
    return found.asset_id


def may_stand_in_address(viewer: User, text: str) -> bool:
    """For an address that somebody asks for: whether this person finds no code on record in it. Its look does not
    count, as it is in the address already. Words of a language are not looked up: that would cost a statement each
    time."""
    pasted = Pasted(text)
    return pasted.is_words or not _on_record(viewer, pasted)


def may_be_code(text: str) -> bool:
    """The same where nobody is signed in: by its look alone, and rather too often than too rarely."""
    return not Pasted(text).is_words


def code_in(text: str, *, viewer: User) -> str:
    """The one code in the text, as it is on record; or else the text without what clings to it, which need not be a
    code. Raises InvalidInput if it holds several, or a masked one."""
    pasted = Pasted(text or "")
    codes = _on_record(viewer, pasted)
    if (sentence := _unreadable(pasted, codes)) is not None:
        raise InvalidInput("code", sentence)
    return codes[0] if codes else pasted.written_together


def _on_record(viewer: User, pasted: Pasted) -> list[str]:
    """The codes in the text; for staff also those of the surplus register."""
    rows = select(Coupon.code).where(Coupon.code.in_([each for each in pasted.spellings if "\0" not in each]))
    if not viewer.is_staff:
        rows = rows.where(Coupon.asset_id.in_(access.visible_asset_ids(viewer)))
    codes = set(db.session.scalars(rows)) or _in_other_case(viewer, pasted)
    places = apart(pasted.place_of(code) for code in codes)
    found = [code for code in codes if pasted.place_of(code) in places]
    as_typed = [code for code in found if code in (pasted.typed, pasted.slice(pasted.place_of(code)))]
    return as_typed if len(places) == 1 and as_typed else found


def _in_other_case(viewer: User, pasted: Pasted) -> set[str]:
    """Codes of capital and small letters, in which the text has others: found as pieces of codes are."""
    codes = set()
    for piece in pasted.pieces:
        term = understand(viewer, piece)
        if term is not None and not term.is_short and term.key.isascii():
            codes.update(db.session.scalars(_spelt(piece, search_index.of(viewer, Filters(term=term)).codes(term))))
    return codes


def _spelt(piece: str, hits: Branch) -> Select[tuple[str]]:
    """The index of pieces of codes comes first: for a piece such as `S.L` SQLite would read all recorded coupons."""
    ids = hits.found.subquery()
    rows = select(Coupon.code).select_from(in_order(ids, Coupon, Coupon.asset_id == ids.c.id))
    is_recorded = equals_literal(Coupon.standing, CouponStanding.RECORDED)
    return rows.where(is_recorded, func.lower(Coupon.code) == piece.lower())


def _may_be_unknown_code(viewer: User, pasted: Pasted) -> bool:
    if pasted.shapes or pasted.is_masked:
        return not _finds(viewer, pasted, codes=False)
    sees_all_codes = viewer.is_staff and viewer.may(Right.REVEAL_CODES)
    return not sees_all_codes and pasted.may_be_code and not _finds(viewer, pasted, codes=True)


def _finds(viewer: User, pasted: Pasted, *, codes: bool) -> bool:
    """Whether a search for the text finds something: a name, a number, or with `codes` a part of a code."""
    term = understand(viewer, pasted.typed)
    if term is None:
        return False
    return term.number is not None or _has_hits(viewer, replace(term, finds_codes=term.finds_codes and codes))


def _has_hits(viewer: User, term: Term) -> bool:
    branches = search.branches(viewer, Filters(term=term))
    return any(db.session.scalar(branch.found.limit(1)) is not None for branch in branches)


def _holder(viewer: User, code: str) -> int | None:
    coupons = access.visible_asset_ids(viewer).join(Coupon, Coupon.asset_id == Asset.id)
    return db.session.scalar(coupons.where(Coupon.standing == CouponStanding.RECORDED, Coupon.code == code))


def _unreadable(pasted: Pasted, codes: list[str]) -> str | None:
    if len(codes) > 1 or len(pasted.different([*pasted.shapes, *(pasted.place_of(code) for code in codes)])) > 1:
        return _("There is more than one code in it. Enter one at a time.")
    if pasted.is_masked and not codes:
        return _("This code is masked: only its last characters are shown. Enter the whole code, or search for these.")
    return None


def _no_such_code(pasted: Pasted) -> str:
    sentence = _("No asset holds exactly this code.")
    left_out = _("Invisible characters in it were left out.")
    return f"{sentence} {left_out}" if pasted.has_invisible else sentence


def _not_yours(pasted: Pasted) -> str:
    if pasted.shapes:
        return _("That looks like a whole coupon code. Your role does not include looking codes up.")
    return _("Nothing is called like that. If it is a coupon code: Your role does not include looking codes up.")
