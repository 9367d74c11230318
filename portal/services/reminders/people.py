"""Who is told about assets: those who can sign in of the asset's account and of its partner, and added addresses."""

import enum
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.core.i18n import lazy
from portal.extensions import db
from portal.models import (
    Account,
    MailStop,
    ReminderKind,
    ReminderRecipient,
    Topic,
    User,
    email_address,
)
from portal.services.mail.outbox import Recipient
from portal.services.reminders import preferences
from portal.services.reminders.preferences import Wanted


class Why(enum.Enum):
    USER = "user"
    """Can sign in for the asset’s account."""
    PARTNER = "partner"
    """Can sign in for its partner."""
    CONTACT = "contact"
    """The contact address of an account for which nobody can sign in."""
    ADDED = "added"
    """An administrator added the address."""


def reason(why: Why, account: str) -> LazyString:
    """In the mail itself."""
    if why in (Why.USER, Why.PARTNER):
        return lazy("you can sign in to the portal for %(account)s", account=account)
    if why is Why.CONTACT:
        return lazy("this is the contact address of %(account)s", account=account)
    return lazy("an administrator added this address for %(account)s", account=account)


class OfAsset(Protocol):
    id: int
    account_id: int
    branch_id: int


@dataclass(frozen=True)
class Told:
    to: Recipient
    why: Why
    home: Account
    """The account whose preferences count: that of the person."""
    wanted: Wanted
    is_stopped: bool = False
    """By the owner of the address."""
    added: ReminderRecipient | None = None

    @property
    def reason(self) -> LazyString:
        return reason(self.why, self.home.name)

    @property
    def key(self) -> str:
        return email_address.canonical(self.to.address)

    def steps(self, kind: ReminderKind) -> tuple[int, ...]:
        return self.wanted.steps[kind] if self.wanted.is_on and not self.is_stopped else ()


def of_assets(assets: Sequence[OfAsset]) -> dict[int, list[Told]]:
    """By the asset's id, each address once. Five statements, however many assets."""
    ids = {each for asset in assets for each in (asset.account_id, asset.branch_id)}
    homes, people, added = _accounts(ids), _people(ids), _added(assets)
    wanted = preferences.of_accounts(ids)
    found = {
        asset.id: [*_of_accounts(asset, homes, people, wanted), *_of_added(asset, homes, added, wanted)]
        for asset in assets
    }
    stopped = _stopped({told.key for each in found.values() for told in each})
    return {
        asset_id: [replace(told, is_stopped=told.key in stopped) for told in _each_once(every)]
        for asset_id, every in found.items()
    }


def _each_once(every: Iterable[Told]) -> Iterable[Told]:
    """The first of each address."""
    found: dict[str, Told] = {}
    for told in every:
        found.setdefault(told.key, told)
    return found.values()


def _of_accounts(
    asset: OfAsset, homes: dict[int, Account], people: dict[int, list[User]], wanted: dict[int, Wanted]
) -> Iterable[Told]:
    """Where nobody can sign in, the contact address of the account, or else of its partner."""
    own, partner = homes[asset.account_id], homes[asset.branch_id]
    is_any = False
    for home, why in {partner.id: (partner, Why.PARTNER), own.id: (own, Why.USER)}.values():
        for person in () if home.is_disabled else people[home.id]:
            is_any = True
            yield Told(Recipient(person.email, person.name, person.mail_language), why, home, wanted[home.id])
    home = own if own.contact_email else partner
    if not is_any and home.contact_email and not home.is_distributor and not home.is_disabled:
        yield Told(Recipient(home.contact_email, home.name, home.language), Why.CONTACT, home, wanted[home.id])


def _of_added(
    asset: OfAsset, homes: dict[int, Account], added: list[ReminderRecipient], wanted: dict[int, Wanted]
) -> Iterable[Told]:
    """Not told while the account is disabled, or that of the partner whose administrator added the address."""
    home = homes[asset.account_id]
    for row in added:
        if row.account_id == home.id and row.asset_id in (None, asset.id):
            to = Recipient(row.address, row.name, home.language)
            is_off = home.is_disabled or row.added_by.account.is_disabled
            its = replace(wanted[home.id], is_on=False) if is_off else wanted[home.id]
            yield Told(to, Why.ADDED, home, its, added=row)


def _accounts(ids: set[int]) -> dict[int, Account]:
    rows = db.session.scalars(select(Account).where(Account.id.in_(ids)), execution_options={"populate_existing": True})
    return {account.id: account for account in rows}


def _people(ids: set[int]) -> dict[int, list[User]]:
    """Those of an account who can sign in. The distributor's own people are no contacts."""
    can = (User.account_id.in_(ids), User.disabled_at.is_(None), User.password_hash.is_not(None))
    found = defaultdict(list)
    for person in db.session.scalars(select(User).where(*can).order_by(User.email_key)):
        found[person.account_id].append(person)
    return found


def _added(assets: Sequence[OfAsset]) -> list[ReminderRecipient]:
    accounts = {asset.account_id for asset in assets}
    rows = select(ReminderRecipient).where(ReminderRecipient.account_id.in_(accounts))
    return list(db.session.scalars(rows.order_by(ReminderRecipient.id).options(joinedload(ReminderRecipient.added_by))))


def _stopped(keys: set[str]) -> set[str]:
    rows = select(MailStop.address_key).where(MailStop.topic == Topic.REMINDERS, MailStop.address_key.in_(keys))
    return set(db.session.scalars(rows))
