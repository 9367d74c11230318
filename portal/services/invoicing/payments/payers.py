"""The accounts that are billed."""

from sqlalchemy import exists, or_, select

from portal.core import access
from portal.core.errors import Conflict, NotVisible
from portal.core.i18n import gettext as _
from portal.extensions import db
from portal.models import Account, Invoice, Payment, User


def payer(user: User, account_id: int) -> Account:
    """An account that is billed, or was; to others than staff only their own. Raises NotVisible."""
    account = access.visible_account(user, account_id)
    if account.is_distributor or not (user.is_staff or account.id == user.account_id) or not is_billed(account):
        raise NotVisible()
    return account


def is_billed(account: Account) -> bool:
    """A partner's customer is not, unless it has invoices or payments from the time when it paid itself."""
    return account.pays_itself or was_billed(account.id)


def was_billed(account_id: int) -> bool:
    """Whether it has invoices or payments."""
    has_invoices = exists().where(Invoice.billed_account_id == account_id, Invoice.number.is_not(None))
    has_payments = exists().where(Payment.account_id == account_id)
    return bool(db.session.scalar(select(or_(has_invoices, has_payments))))


def check(account: Account) -> None:
    """Inside a transaction that holds the account. Raises Conflict."""
    if account.is_distributor or account.is_merged or not is_billed(account):
        raise Conflict(_("%(name)s is not billed.", name=account.name))
