"""Whether a partner can become a customer, or a customer a partner: only while nothing hangs on the account."""

from sqlalchemy import ColumnElement, or_, select

from portal.core import audit
from portal.core.errors import InvalidInput, NotAllowed
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, AccountKind, Asset, Order, PriceList, User
from portal.models.rights import rights_of


def check(account: Account, kind: AccountKind | None, by: audit.Actor) -> None:
    """Inside a transaction on the locked row, whose lock keeps new assets, orders and people away. Raises NotAllowed,
    InvalidInput."""
    if kind in (None, account.kind):
        return
    if isinstance(by, User) and not by.is_staff:
        raise NotAllowed()
    if AccountKind.DISTRIBUTOR in (kind, account.kind):
        raise InvalidInput("kind", _("There is one distributor, and it stays what it is."))
    if reason := _reason(account, kind):
        raise InvalidInput("kind", reason)


def _reason(account: Account, kind: AccountKind) -> str | None:
    """Why the account stays what it is."""
    if _is_there(Account.id, Account.parent_id == account.id):
        return _("Accounts belong to it, so it stays what it is. Move them to another partner first.")
    if _is_there(Asset.id, or_(Asset.account_id == account.id, Asset.billed_account_id == account.id)):
        return _("It has assets or is billed for some, so it stays what it is.")
    if _is_there(Order.id, or_(Order.account_id == account.id, Order.billed_account_id == account.id)):
        return _("It has orders or is billed for some, so it stays what it is.")
    if _is_there(PriceList.id, PriceList.seller_id == account.id):
        return _("It has price lists for its customers, so it stays what it is.")
    people = db.session.scalars(select(User).where(User.account_id == account.id, User.disabled_at.is_(None)))
    if any(rights_of(account.kind.value, each.role.value) - rights_of(kind.value, each.role.value) for each in people):
        return _("Some of its people would lose rights, so it stays what it is. Change their role first.")
    return None


def _is_there(row_id: ColumnElement[int], condition: ColumnElement[bool]) -> bool:
    return db.session.scalar(select(row_id).where(condition).limit(1)) is not None
