"""What a text leaves out, and its recipient may have only now: a code, or the token of a one-time link.

A code is read when the mail is sent. A token is made then, so that nothing in the database lets anybody in: its hash is
stored just before the text goes out, and ends the link of the mail before.
"""

from datetime import datetime

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.orm import joinedload

from portal.core import access, audit, clock, security_log, tokens
from portal.core.transaction import lock
from portal.extensions import db
from portal.models import (
    LINK_IS_GOOD,
    Account,
    Asset,
    Coupon,
    CouponStanding,
    Event,
    Message,
    Revocation,
    RevocationState,
    Right,
    User,
    email_address,
)
from portal.services.mail import events

_FOUND = (
    select(Coupon, Asset)
    .join(Asset, Asset.id == Coupon.asset_id)
    .where(Coupon.id == bindparam("coupon_id", type_=Integer))
    .execution_options(populate_existing=True)
)


def found(message: Message) -> str | None:
    """Inside a transaction. Empty for a mail that leaves nothing out. None if it must not be mailed any more."""
    if message.holds_link:
        return tokens.make()[0] if _may_get_link(message, lock(User, message.user_id)) else None
    return code_of(message) if message.holds_code else ""


def goes_out(message: Message, secret: str, now: datetime) -> bool:
    """Inside the transaction after which the text is sent. False if it must not be."""
    if message.holds_link:
        return _links(message, secret, now)
    if message.holds_code:
        if code_of(message) != secret:
            return False
        audit.record("asset", message.asset_id, "reveal", by=audit.WORKER, field="mail", after=message.recipient)
    return True


def code_of(message: Message) -> str | None:
    """Inside a transaction. The code as it is now. None if the mail holds none, or if it must not be mailed: the asset
    has another code or none, was cancelled or moved to another account, the code is disputed, spent, or to be revoked,
    or whoever reads the mail may not see it any more."""
    row = db.session.execute(_FOUND, {"coupon_id": message.coupon_id}).one_or_none()
    if row is None:
        return None
    coupon, asset = row
    is_its = coupon.standing is CouponStanding.RECORDED and asset.id == message.asset_id
    is_usable = coupon.disputed_at is None and not coupon.is_spent and coupon.redeemed_at is None
    is_theirs = asset.is_active and asset.account_id == message.account_id and not asset.is_expired(clock.today())
    is_good = is_its and is_usable and is_theirs and not _is_being_revoked(coupon.id)
    return coupon.code if is_good and _may_read(message.recipient_key, asset) else None


def may_see_code(person: User, asset: Asset) -> bool:
    """Who reads a mail is not asking: nobody has checked it for this request."""
    return person.is_active and person.may(Right.REVEAL_CODES) and access.sees_asset(person, asset)


def _may_read(address: str, asset: Asset) -> bool:
    """A person who may see the code, or else the contact of the asset's account or partner: the account may have moved
    to another partner since the mail was written."""
    rows = select(User).where(User.email_key == address).options(joinedload(User.account, innerjoin=False))
    person = db.session.scalar(rows.execution_options(populate_existing=True))
    if person is not None:
        return may_see_code(person, asset)
    owners = select(Account.contact_email).where(Account.id.in_({asset.account_id, asset.branch_id} - {None}))
    return any(email_address.canonical(email) == address for email in db.session.scalars(owners) if email)


def _is_being_revoked(coupon_id: int) -> bool:
    asked = (Revocation.coupon_id == coupon_id, Revocation.state == RevocationState.ASKED)
    return db.session.scalar(select(Revocation.coupon_id).where(*asked).limit(1)) is not None


def _links(message: Message, token: str, now: datetime) -> bool:
    user = lock(User, message.user_id)
    if not _may_get_link(message, user):
        return False
    user.mailed_link_hash, user.mailed_link_expires_at = tokens.digest(token), now + LINK_IS_GOOD
    security_log.note(Event.LINK_MADE, by=audit.WORKER, subject=("user", user.id))
    return True


def _may_get_link(message: Message, user: User) -> bool:
    """An invitation is for somebody without a password, a new password for somebody with one."""
    is_invitation = message.event == events.INVITATION.name
    is_theirs = user.email_key == message.recipient_key
    return user.is_active and is_theirs and (user.password_hash is None) == is_invitation
