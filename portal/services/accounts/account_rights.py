"""Who may do what with which account: the staff with all, a partner's administrators with its customers.

docs/concepts/rights.md has the full table.
"""

from portal.core import audit
from portal.core.errors import NotAllowed, NotVisible
from portal.core.i18n import gettext as _
from portal.models import Account, Right, User
from portal.services.tax import billing_details

FOR_THE_STAFF = ("code", "credit_limit", *billing_details.FIELDS)
"""Fields that only the distributor sets."""


def may_edit(account: Account, by: audit.Actor) -> bool:
    if not isinstance(by, User):
        return True
    return by.may(Right.EDIT_ACCOUNTS) and (by.is_staff or account.parent_id == by.account_id)


def may_synchronize(account: Account, by: audit.Actor) -> bool:
    """Includes one's own account."""
    if not isinstance(by, User):
        return True
    own = by.is_staff or by.account_id in (account.id, account.parent_id)
    return by.may(Right.SYNCHRONIZE_ACCOUNTS) and own


def check_edit(account: Account, by: audit.Actor) -> None:
    """Raises NotVisible, NotAllowed."""
    _check_visible(account, by)
    if not may_edit(account, by):
        raise NotAllowed(_("Only an administrator of the account above may change this one."))


def may_merge(by: audit.Actor) -> bool:
    """Only the distributor knows that two accounts are the same."""
    return not isinstance(by, User) or (by.is_staff and by.may(Right.EDIT_ACCOUNTS))


def check_merge(by: audit.Actor) -> None:
    """Raises NotAllowed."""
    if not may_merge(by):
        raise NotAllowed(_("Only the distributor may merge accounts."))


def check_synchronize(account: Account, by: audit.Actor) -> None:
    """Raises NotVisible, NotAllowed."""
    _check_visible(account, by)
    if not may_synchronize(account, by):
        raise NotAllowed()


def check_create_under(parent: Account, by: audit.Actor) -> None:
    """Raises NotVisible, NotAllowed."""
    if not isinstance(by, User) or (by.is_staff and by.may(Right.EDIT_ACCOUNTS)):
        return
    if by.account_id != parent.id:
        raise NotVisible()
    if not by.may(Right.EDIT_ACCOUNTS):
        raise NotAllowed(_("Only administrators may create accounts."))


def check_fields(fields, by: audit.Actor) -> None:
    """Raises NotAllowed."""
    if isinstance(by, User) and not by.is_staff and any(field in FOR_THE_STAFF for field in fields):
        raise NotAllowed(_("The code, the credit limit and what invoices need are set by the distributor."))


def _check_visible(account: Account, by: audit.Actor) -> None:
    if account.is_merged:
        raise NotVisible()
    if isinstance(by, User) and not by.is_staff and by.account_id not in (account.id, account.branch_id):
        raise NotVisible()
