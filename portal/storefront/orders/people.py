"""How people and accounts are called in an order: a person only in the own tree, anybody else by an account that the
reader may know.
"""

from portal.core import access
from portal.core.i18n import gettext as _
from portal.models import Account, Order, User
from portal.services.ordering import order_rights
from portal.services.ordering.approvals.given_approvals import Approval
from portal.services.ordering.order_list import ListedOrder


def is_in_tree(account: Account, viewer: User) -> bool:
    own = viewer.account_id
    return own in (account.id, account.branch_id)


def name_of(person: User | None, viewer: User) -> str | None:
    """None if the reader need not know who it was."""
    if person is None:
        return None
    if person.id == viewer.id:
        return _("you")
    if is_in_tree(person.account, viewer):
        return person.name
    return person.account.name if access.may_see_name(viewer, person.account) else None


def account_name(account: Account | None, viewer: User) -> str:
    if account is None or not access.may_see_name(viewer, account):
        return _("another account")
    return _("Your organisation") if account.id == viewer.account_id else account.name


def ordered_by(order: Order, viewer: User) -> str:
    """The person, if it is one of the reader's organisation; else the account."""
    if order.account_id != viewer.account_id:
        return account_name(order.account, viewer)
    who = name_of(order.placed_by, viewer)
    return _("You") if order.placed_by_id == viewer.id else who or _("Your organisation")


def approved(approval: Approval, order: Order, viewer: User) -> str:
    """By whom, in words. A partner's customer reads only the name of the partner."""
    if approval.by_id is None:
        return _("Approved automatically")
    if approval.by_id == viewer.id:
        return _("Approved by %(name)s", name=_("you"))
    if viewer.account_id == order.billed_account_id:
        return _("Approved by %(name)s", name=approval.by)
    payer = order.billed_account
    return _("Approved by %(name)s", name=payer.name) if access.may_see_name(viewer, payer) else _("Approved")


def reason_of(order: Order | ListedOrder, viewer: User) -> str:
    """What was written with a decision: between the buyer and who pays, not for a new partner of the buyer."""
    return order.reason if order_rights.sees_customer_price(viewer, order) else ""


def seller_of(viewer: User) -> str:
    """Who sells to the reader: the distributor, or the partner of a partner's customer."""
    parent = viewer.account.parent
    return parent.name if parent is not None else _("Your distributor")
