"""Makes and revokes hand-over links, and lists those of an asset with their openings."""

import enum
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import contains_eager, joinedload

from portal.core import access, audit, clock, errors, tokens
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Asset, AuditEntry, Coupon, HandoverLink, Right, User
from portal.services import limits
from portal.services.handovers import code_status
from portal.services.handovers.code_status import CodeStatus
from portal.services.users import passwords

MOST_DAYS = 30
LONGEST_NOTE = 200
DIGITS = 6
SHOWN = 50
ACT, OPENED, REVEAL = "hand over", "opened", "reveal"
FIELD = "handover"
"""In the audit log; `after` names the link."""


class LinkState(enum.Enum):
    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CLOSED = "closed"
    """Too many PINs were wrong."""
    ENDED = "ended"
    """Whoever made it may no longer see the code."""


@dataclass(frozen=True)
class MadeLink:
    """The only time that token and PIN are known."""

    link: HandoverLink
    token: str
    pin: str


@dataclass(frozen=True)
class ListedLink:
    link: HandoverLink
    state: LinkState
    openings: Sequence[datetime] = field(default_factory=list)
    """Newest first."""


def number(link: HandoverLink) -> str:
    return f"HL-{link.id}"


def make(asset: Asset, *, key: str, days: int, note: str, by: User) -> MadeLink | None:
    """Counts as a reveal in the daily limits. Returns None if a link was made with this key before. Raises Conflict,
    BudgetSpent."""
    if _is_used(key):
        return None
    limits.check(limits.REVEALED, by=by)
    token, token_hash = tokens.make()
    pin = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    values = {"key": key, "token_hash": token_hash, "pin_hash": passwords.hashed(pin), "note": note}
    try:
        return MadeLink(_save(asset, values, days=days, by=by), token, pin)
    except IntegrityError:  # the same form, pressed twice
        limits.give_back(limits.REVEALED, by=by)
        return None
    except errors.Conflict:
        limits.give_back(limits.REVEALED, by=by)
        raise


def _save(asset: Asset, values: dict, *, days: int, by: User) -> HandoverLink:
    with transaction():
        row, now = lock(Asset, asset.id), clock.now()
        coupon = _code_of(access.visible_asset(by, row.id))
        link = HandoverLink(
            asset_id=row.id, coupon_id=coupon.id, made_by_id=by.id, made_at=now,
            expires_at=now + timedelta(days=days), **values,
        )  # fmt: skip
        db.session.add(link)
        db.session.flush()
        until = clock.day_of(link.expires_at)
        audit.record("asset", row.id, ACT, by=by, field=FIELD, after=f"{number(link)}, {until}", why=link.note or None)
        return link


def _code_of(asset: Asset) -> Coupon:
    if code_status.of(asset) is not CodeStatus.CODE:
        raise errors.Conflict(_("There is no code that could be handed over now. No link was made."))
    return asset.coupon


def _is_used(key: str) -> bool:
    return db.session.scalar(select(HandoverLink.id).where(HandoverLink.key == key)) is not None


def of_asset(asset: Asset, viewer: User) -> list[ListedLink]:
    """The newest ones that people of the viewer's own tree made; staff see all."""
    rows = _visible(viewer).where(HandoverLink.asset_id == asset.id).order_by(HandoverLink.id.desc()).limit(SHOWN)
    links = list(db.session.scalars(rows))
    openings, now = _openings(asset) if links else {}, clock.now()
    return [ListedLink(link, state_of(link, asset, now), openings.get(number(link), [])) for link in links]


def state_of(link: HandoverLink, asset: Asset, now: datetime) -> LinkState:
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if link.closed_at is not None:
        return LinkState.CLOSED
    if now >= link.expires_at:
        return LinkState.EXPIRED
    return LinkState.OPEN if may_hand_over(link.made_by, asset) else LinkState.ENDED


def may_hand_over(person: User, asset: Asset) -> bool:
    """Still: people leave, and accounts move."""
    return person.is_active and person.may(Right.REVEAL_CODES) and access.sees_asset(person, asset)


def revoke(asset: Asset, link_id: int, *, by: User) -> bool:
    """Returns False if it was not open any more. Raises NotVisible."""
    access.the_one(_visible(by).where(HandoverLink.id == link_id, HandoverLink.asset_id == asset.id))
    with transaction():
        row, now = lock(HandoverLink, link_id), clock.now()
        if not row.is_open(now):
            return False
        row.revoked_at, row.revoked_by_id = now, by.id
        audit.record("asset", row.asset_id, ACT, by=by, field="revoked", after=number(row))
        return True


def _visible(viewer: User) -> Select[tuple[HandoverLink]]:
    own = true() if viewer.is_staff else access.in_tree_of(viewer.account, Account.branch_id, Account.id)
    return (
        select(HandoverLink)
        .join(HandoverLink.made_by)
        .join(User.account)
        .where(own)
        .options(contains_eager(HandoverLink.made_by).contains_eager(User.account), joinedload(HandoverLink.revoked_by))
        .execution_options(populate_existing=True)
    )


def _openings(asset: Asset) -> dict[str, list[datetime]]:
    is_reveal = (AuditEntry.act == REVEAL) & (AuditEntry.field == FIELD)
    is_other = (AuditEntry.act == ACT) & (AuditEntry.field == OPENED)
    entries = select(AuditEntry.after, AuditEntry.at).where(
        AuditEntry.subject == "asset", AuditEntry.subject_id == asset.id, or_(is_reveal, is_other)
    )
    found = defaultdict(list)
    for after, at in db.session.execute(entries.order_by(AuditEntry.id.desc())):
        found[after.partition(",")[0]].append(at)
    return found
