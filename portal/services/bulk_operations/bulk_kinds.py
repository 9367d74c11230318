"""What can be done with many assets at once. Each kind says why an asset is left out, and changes one asset with the
function that its own page uses."""

import enum
from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, func, literal
from sqlalchemy.orm import aliased

from portal.core import field_rules
from portal.models import REDEEMED, REVOKED, Asset, BulkKind, BulkOperation, Coupon, Revocation, SyncStatus, User
from portal.services import assets
from portal.services.assets import LONGEST_NAME, LONGEST_NOTE, AlsoWrite

APPEND, REPLACE = "append", "replace"
"""How a note is added."""
ONE_NAME, PARTS = "one", "parts"
"""How assets are renamed: all alike, or a part of each name replaced."""


class Why(enum.StrEnum):
    """Why an asset is left out."""

    CANCELLED = "cancelled"
    OPEN = "open"
    CHECKING = "checking"
    REVIEW = "review"
    STALE = "stale"
    """It has changed since the list was made."""
    REDEEMED = "redeemed"
    ASKED = "asked"
    """BitTitan is being asked to revoke its coupon already."""
    UNVERIFIED = "unverified"
    NO_ID = "no_id"
    SAME = "same"
    LONG = "long"
    REFUSED = "refused"
    """The rules of a single asset refuse it, for a reason that only shows when it is tried."""
    NO_CODE = "no_code"
    NO_ANSWER = "no_answer"
    """BitTitan answers others, but not about this one."""
    HIDDEN = "hidden"
    """Who started it does not see the asset any more."""


Reasons = list[tuple[ColumnElement[bool], Why]]
OPEN_REVOCATION = aliased(Revocation)
"""Of the asset's coupon, whoever asked for it."""


def carry_out(operation: BulkOperation, asset: Asset, *, version: int, by: User, also_write: AlsoWrite) -> None:
    """One asset, in one transaction. Raises what the act on a single asset raises."""
    arguments = {"version": version, "by": by, "also_write": also_write}
    if operation.kind is BulkKind.CANCEL:
        assets.cancel(asset, reason=operation.choices["reason"], **arguments)
    elif operation.kind is BulkKind.ANNOTATE:
        assets.annotate(asset, note=new_note(operation.choices, asset.note), **arguments)
    else:
        assets.rename(asset, name=new_name(operation.choices, asset.name), **arguments)


def checked(kind: BulkKind, choices: dict) -> dict:
    """As they are kept. Raises InvalidInput."""
    if kind is BulkKind.RENAME and choices["mode"] == ONE_NAME:
        return choices | {"text": field_rules.name(choices["text"], "text", LONGEST_NAME)}
    return choices


def new_note(choices: dict, note: str) -> str:
    return f"{note}\n{choices['text']}" if note and choices["mode"] == APPEND else choices["text"]


def new_name(choices: dict, name: str) -> str:
    """Without the spaces that are left where a part was taken out."""
    if choices["mode"] == ONE_NAME:
        return choices["text"]
    return name.replace(choices["find"], choices["put"]).strip()


def is_revoked_first() -> ColumnElement[bool]:
    """For an asset that can be cancelled."""
    is_known = (func.coalesce(Coupon.status, "") == REVOKED) & Coupon.stated.is_(None)
    return and_(Asset.sync_status == SyncStatus.SYNCHRONIZED, ~is_known)


def _of_cancelling(_operation: BulkOperation) -> Reasons:
    """As services/coupons/revocations.py refuses them."""
    return [
        (and_(is_revoked_first(), Coupon.is_verified.is_(False)), Why.UNVERIFIED),
        (and_(is_revoked_first(), Coupon.bittitan_id.is_(None)), Why.NO_ID),
        (and_(Coupon.status == REDEEMED, Coupon.stated.is_(None)), Why.REDEEMED),
        (OPEN_REVOCATION.id.is_not(None), Why.ASKED),
    ]


def _of_annotating(operation: BulkOperation) -> Reasons:
    text, length = operation.choices["text"], func.length(Asset.note)
    if operation.choices["mode"] == REPLACE:
        return [(Asset.note == text, Why.SAME)]
    return [(and_(length > 0, length + 1 + len(text) > LONGEST_NOTE), Why.LONG)]


def _of_renaming(operation: BulkOperation) -> Reasons:
    name = _new_name(operation.choices)
    return [
        (Asset.name == name, Why.SAME),
        (func.length(name) > LONGEST_NAME, Why.LONG),
        (name == "", Why.REFUSED),
    ]


def _new_name(choices: dict) -> ColumnElement[str]:
    if choices["mode"] == ONE_NAME:
        return literal(choices["text"])
    return func.trim(func.replace(Asset.name, choices["find"], choices["put"]))


def _of_asking(_operation: BulkOperation) -> Reasons:
    return [(Coupon.id.is_(None), Why.NO_CODE)]


OTHER_REASONS: dict[BulkKind, Callable[[BulkOperation], Reasons]] = {
    BulkKind.CANCEL: _of_cancelling,
    BulkKind.ANNOTATE: _of_annotating,
    BulkKind.RENAME: _of_renaming,
    BulkKind.CHECK: _of_asking,
}
"""Beside those that hold for each kind."""
