"""When a partner wants to be asked about its customers' orders: always, above an amount, or never."""

from portal.core import audit
from portal.core.errors import NotAllowed, StaleVersion
from portal.core.i18n import lazy
from portal.core.transaction import lock, transaction
from portal.models import Account, AccountKind, Right, User

CHANGED = lazy("Your account was changed in the meantime, so the setting was not saved.")


def may_change(user: User) -> bool:
    """The administrators of a partner, who also set the prices of its customers."""
    return user.account.kind is AccountKind.PARTNER and user.may(Right.SET_PRICES)


def change(*, asks: bool, up_to: int | None, version: int, by: User) -> bool:
    """Of the person's own account; for orders that are placed from now on. `up_to`: in minor units of its currency.
    Returns whether anything changed. Raises NotAllowed, StaleVersion."""
    if not may_change(by):
        raise NotAllowed()
    with transaction():
        row = lock(Account, by.account_id)
        if row.version != version:
            raise StaleVersion(str(CHANGED))
        values = {"asks_approval": asks, "approves_up_to": up_to if asks else None}
        changed = bool(audit.changes("account", row, values, act="edited", by=by))
        row.version += changed
    return changed
