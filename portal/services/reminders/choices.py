"""What people choose: reminders of one asset on or off, and addresses outside the tree."""

from sqlalchemy import select

from portal.core import access, audit, clock
from portal.core.errors import InvalidInput, NotAllowed, NotVisible
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import (
    Account,
    AccountKind,
    Asset,
    ReminderRecipient,
    ReminderSwitch,
    Right,
    User,
    email_address,
)

MOST_ADDED = 20
LONGEST_ADDRESS, LONGEST_NAME = 254, 200
ADDED, REMOVED = "reminder address added", "reminder address removed"


def may_choose(person: User, account: Account) -> bool:
    """For an account that this person sees: the staff who edit accounts, a partner’s administrators for the partner and
    its customers, a customer’s administrators for their own account."""
    return person.may(Right.EDIT_ACCOUNTS) or person.account_id == account.id and person.may(Right.EDIT_USERS)


def may_add(person: User) -> bool:
    """Addresses outside the tree: administrators of the distributor, and of a partner for it and its customers."""
    return person.may(Right.EDIT_ACCOUNTS) and person.may(Right.EDIT_USERS)


def switch(asset: Asset, *, is_on: bool, by: User) -> None:
    """Raises NotAllowed, and NotVisible if the account has moved meanwhile."""
    if not by.may(Right.EDIT_ACCOUNTS):
        raise NotAllowed()
    with transaction():
        if not access.sees_asset(by, lock(Asset, asset.id)):
            raise NotVisible()
        row = db.session.get(ReminderSwitch, asset.id, populate_existing=True)
        before = asset.imported_at is None if row is None else row.is_on
        if row is None:
            row = ReminderSwitch(asset_id=asset.id, is_on=is_on)
            db.session.add(row)
        row.is_on = is_on
        if before != is_on:
            audit.record("asset", asset.id, "reminders", by=by, before=told(before), after=told(is_on))


def add(account: Account, asset: Asset | None, *, address: str, name: str, by: User) -> None:
    """`asset`: one of this account; None: all of them. Raises NotAllowed, InvalidInput, and NotVisible if the account
    has moved meanwhile."""
    if not may_add(by):
        raise NotAllowed()
    if len(address) > LONGEST_ADDRESS or not email_address.is_address(address):
        raise InvalidInput("address", _("Enter an e-mail address, such as anna@example.com."))
    with transaction():
        lock(Account, account.id)
        _check_seen(account.id, _id(asset), by)
        known = of_account(account.id)
        if any(row.address_key == email_address.canonical(address) and row.asset_id == _id(asset) for row in known):
            raise InvalidInput("address", _("This address is told already."))
        if len(known) >= MOST_ADDED:
            raise InvalidInput("address", _("At most %(most)s addresses of an account.", most=MOST_ADDED))
        db.session.add(
            ReminderRecipient(
                account_id=account.id, asset_id=_id(asset), address=address, name=name or address, added_by_id=by.id,
                added_at=clock.now(),
            )
        )  # fmt: skip
        audit.record(*_subject(account.id, _id(asset)), ADDED, by=by, after=address)


def remove(recipient_id: int, *, account: Account, by: User) -> None:
    """Raises NotAllowed, NotVisible unless it was added for this account, or for an asset of it."""
    if not may_add(by):
        raise NotAllowed()
    with transaction():
        row = lock(ReminderRecipient, recipient_id)
        if row.account_id != account.id:
            raise NotVisible()
        _check_seen(row.account_id, None, by)
        db.session.delete(row)
        audit.record(*_subject(row.account_id, row.asset_id), REMOVED, by=by, before=row.address)


def forget_those_of_partner(account: Account, *, by: audit.Actor, why: str | None) -> None:
    """Inside a transaction that takes the account away from its partner: what people of a partner added may be its own
    addresses, which must not read of the customer any more. What the staff added stays."""
    for row in added_by_partner(account.id):
        db.session.delete(row)
        audit.record(*_subject(row.account_id, row.asset_id), REMOVED, by=by, before=row.address, why=why)


def added_by_partner(account_id: int) -> list[ReminderRecipient]:
    """Those of its assets as well, by number."""
    query = select(ReminderRecipient).join(ReminderRecipient.added_by).join(User.account)
    is_theirs = (ReminderRecipient.account_id == account_id, Account.kind != AccountKind.DISTRIBUTOR)
    return list(db.session.scalars(query.where(*is_theirs).order_by(ReminderRecipient.id)))


def of_account(account_id: int) -> list[ReminderRecipient]:
    """Those of its assets as well."""
    query = select(ReminderRecipient).where(ReminderRecipient.account_id == account_id)
    return list(db.session.scalars(query.order_by(ReminderRecipient.id)))


def told(value: object) -> object:
    """In the audit log."""
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value


def _check_seen(account_id: int, asset_id: int | None, by: User) -> None:
    """Raises NotVisible if the account went to another partner, or the asset to another account."""
    access.visible_account(by, account_id)
    if asset_id is not None and access.visible_asset(by, asset_id).account_id != account_id:
        raise NotVisible()


def _subject(account_id: int, asset_id: int | None) -> tuple[str, int]:
    return ("asset", asset_id) if asset_id else ("account", account_id)


def _id(asset: Asset | None) -> int | None:
    return asset and asset.id
