"""Whom the portal reminds about an asset, as lists show it. services/reminders/people.py decides about each mail.

Left out here: addresses that an administrator added, and contact addresses of accounts for which nobody can sign in.
"""

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select, true
from sqlalchemy.orm import aliased

from portal.core import access
from portal.core.viewer import Viewer
from portal.models import (
    Account,
    AccountKind,
    Asset,
    MailStop,
    ReminderPreference,
    ReminderSwitch,
    Topic,
    User,
)

_PERSON, _HOME = aliased(User), aliased(Account)
_OWN, _ALL, _ROOT = aliased(ReminderPreference), aliased(ReminderPreference), aliased(Account)


def is_told(person: type[User], home: type[Account]) -> ColumnElement[bool]:
    """Of `person`, whose account is `home`: people of the asset's account and of its partner who can sign in, and whose
    reminders are not off. The distributor's own people are not contacts."""
    return and_(
        home.id == person.account_id,
        or_(home.id == Asset.account_id, home.id == Asset.branch_id),
        home.kind != AccountKind.DISTRIBUTOR,
        home.disabled_at.is_(None),
        person.disabled_at.is_(None),
        person.password_hash.is_not(None),
        _is_on(home),
        ~_has_stopped(person),
    )


def _is_on(home: type[Account]) -> ColumnElement[bool]:
    """For the asset, and for the people of this account."""
    switch = select(ReminderSwitch.is_on).where(ReminderSwitch.asset_id == Asset.id)
    own = select(_OWN.is_on).where(_OWN.account_id == home.id).correlate(home).scalar_subquery()
    root = _ROOT.kind == AccountKind.DISTRIBUTOR
    of_all = select(_ALL.is_on).join(_ROOT, _ROOT.id == _ALL.account_id).where(root).scalar_subquery()
    of_asset = func.coalesce(switch.correlate(Asset).scalar_subquery(), Asset.imported_at.is_(None))
    return and_(of_asset, func.coalesce(own, of_all, true()))


def _has_stopped(person: type[User]) -> ColumnElement[bool]:
    is_its = (MailStop.address_key == person.email_key, MailStop.topic == Topic.REMINDERS)
    return select(MailStop.id).where(*is_its).correlate(person).exists()


def addresses(viewer: User | Viewer) -> ScalarSelect[str | None]:
    """Of an asset, separated by commas; only those of people whom the viewer sees."""
    seen = access.in_tree_of(viewer.account, _HOME.branch_id, _HOME.id)
    told = select(_PERSON.email.label("email")).where(is_told(_PERSON, _HOME), seen)
    ordered = told.order_by(_PERSON.email_key, _PERSON.id).correlate(Asset).subquery()
    return select(func.aggregate_strings(ordered.c.email, ", ")).scalar_subquery()
