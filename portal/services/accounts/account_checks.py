"""Checks an account before BitTitan is asked about it, so that nobody waits for an error that is already known.

All checks are repeated when the change is carried out.
"""

from collections.abc import Mapping
from typing import Any

from portal.core import audit, spelling
from portal.core.errors import StaleVersion
from portal.core.i18n import gettext as _
from portal.models import Account, AccountKind
from portal.services.accounts import account_kinds, account_links, account_lookalikes, account_rights, account_rules


def create(
    *,
    kind: AccountKind,
    parent_id: int | None,
    details: Mapping[str, Any],
    by: audit.Actor,
    look_up: bool,
    is_another: bool = False,
) -> None:
    """Raises InvalidInput, NotAllowed."""
    values = account_rules.checked(details)
    account_rights.check_fields([field for field, value in values.items() if value is not None], by)
    account_lookalikes.check(values, by, is_another=is_another)
    account_links.check_address(values.get("bittitan_email"))


def edit(
    account: Account,
    *,
    version: int,
    details: Mapping[str, Any],
    by: audit.Actor,
    parent_id: int | None,
    look_up: bool,
    kind: AccountKind | None = None,
    why: str | None = None,
) -> None:
    """Raises InvalidInput, NotVisible, NotAllowed, StaleVersion."""
    values = account_rules.checked(details, account)
    account_rights.check_edit(account, by)
    account_rights.check_fields(values, by)
    account_kinds.check(account, kind, by)
    if version != account.version:
        raise StaleVersion(_("Somebody else changed this account in the meantime. Your changes were not saved."))
    account_links.check_address(values.get("bittitan_email", account.bittitan_email))


def link(account: Account, *, version: int, email: str, by: audit.Actor) -> None:
    """Raises InvalidInput, NotVisible, NotAllowed, StaleVersion."""
    if version != account.version:
        raise StaleVersion(_("This account has changed since you loaded it. Look at it, then press again."))
    if spelling.is_same("bittitan_email", account.bittitan_email, email):
        account_rights.check_synchronize(account, by)
        account_links.check_address(email)
        return
    edit(account, version=version, details={"bittitan_email": email}, by=by, parent_id=None, look_up=True)
