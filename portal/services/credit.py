"""The credit limit of a billed account, by the amount that its orders reserve.

The reserved amount is changed by compare-and-set only, so that simultaneous orders never exceed the limit together.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from portal.core import audit, field_rules, money
from portal.core.audit import Actor
from portal.core.errors import InvalidInput, NotAllowed, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import lock, transaction
from portal.extensions import db
from portal.models import Account, Allocation, Asset, Invoice, InvoiceLine, Lifecycle, Order, OrderLine, Right, User

LONGEST_REASON = 500


def reserve(order: Order, *, beyond_the_limit: bool = False) -> bool:
    """Inside a transaction that holds the order. Returns False, and changes nothing, if its total does not fit."""
    amount = order.total or 0
    payer = update(Account).where(Account.id == order.billed_account_id)
    if not beyond_the_limit:
        fits = or_(Account.credit_limit.is_(None), Account.reserved + amount <= Account.credit_limit)
        payer = payer.where(fits)
    if not db.session.execute(payer.values(reserved=Account.reserved + amount)).rowcount:
        return False
    order.reserved = amount
    return True


def release(order: Order) -> None:
    """Inside a transaction that holds the order: it is cancelled or rejected."""
    if not order.reserved:
        return
    payer = update(Account).where(Account.id == order.billed_account_id)
    db.session.execute(payer.values(reserved=Account.reserved - order.reserved))
    order.reserved = 0


def lock_payer(asset_id: int) -> None:
    """Inside a transaction, before it locks the asset: who cancels it gives credit back."""
    payer_id = db.session.scalar(select(Asset.billed_account_id).where(Asset.id == asset_id))
    if payer_id is not None:
        lock_payers([payer_id])


def lock_payers(account_ids: Collection[int]) -> None:
    """Inside a transaction, before it locks or writes what they bought, were invoiced or have paid: as all do this
    first, they wait for each other and for a merge of the account, and none ends in a deadlock."""
    rows = select(Account.id).where(Account.id.in_(set(account_ids))).order_by(Account.id)
    # Not their keys: whoever updates an asset twice in one transaction, as a purchase does, makes PostgreSQL check the
    # asset's foreign keys, which would wait for us while we wait for the asset.
    db.session.execute(rows.with_for_update(key_share=True))


def release_for(asset: Asset) -> None:
    """Inside a transaction that holds the payer and the asset, which has been cancelled: its part of its order's
    credit, without what was paid of it, which is free already."""
    if asset.order_id is not None and asset.total and not _is_paid(asset.id):
        _release(asset.order_id, asset.total)


def release_for_invoice(invoice_id: int) -> None:
    """Inside a transaction that holds the payer: the invoice is paid, so what its orders reserved for it is free, at
    the order's prices. Not what was credited as a whole, which may be invoiced anew; that of a cancelled asset, and of
    one whose earlier invoice was paid, is free already."""
    freed: Counter[int] = Counter()
    for order_id, amount, asset_id, was_billed in db.session.execute(_lines_of(invoice_id)):
        if not (was_billed and _is_paid(asset_id)):
            freed[order_id] += amount
    for order_id in sorted(freed):
        _release(order_id, freed[order_id])


def _lines_of(invoice_id: int) -> Select:
    """What is not credited as a whole, of active assets: order, amount, asset, and whether another invoice billed
    it."""
    other = aliased(InvoiceLine)
    is_another = (other.order_line_id == OrderLine.id, other.is_issued, other.credits_line_id.is_(None))
    was_billed = exists().where(*is_another, other.invoice_id != invoice_id)
    lines = select(OrderLine.order_id, OrderLine.unit_price * OrderLine.quantity, InvoiceLine.asset_id, was_billed)
    lines = lines.join(InvoiceLine, InvoiceLine.order_line_id == OrderLine.id)
    lines = lines.join(Asset, Asset.id == InvoiceLine.asset_id).where(Asset.lifecycle == Lifecycle.ACTIVE)
    return lines.where(InvoiceLine.invoice_id == invoice_id, InvoiceLine.credited < InvoiceLine.quantity)


def first_paid_at(invoice_id: int) -> datetime | None:
    """When nothing of it was open for the first time, by money or by credit notes. None if that never was."""
    gross, paid = db.session.scalar(select(Invoice.gross).where(Invoice.id == invoice_id)), 0
    amounts = select(Allocation.amount, Allocation.made_at).where(Allocation.invoice_id == invoice_id)
    for amount, made_at in db.session.execute(amounts.order_by(Allocation.id)):
        paid += amount
        if paid >= gross:
            return made_at
    return None


def _is_paid(asset_id: int) -> bool:
    """Whether what its order reserved for it was freed when an invoice was paid (`release_for_invoice`)."""
    is_billed = (InvoiceLine.asset_id == asset_id, InvoiceLine.is_issued, InvoiceLine.credits_line_id.is_(None))
    for line in db.session.scalars(select(InvoiceLine).where(*is_billed)):
        paid_at = first_paid_at(line.invoice_id)
        if paid_at is not None and _credited(line, paid_at) < line.quantity:
            return True
    return False


def _credited(line: InvoiceLine, until: datetime) -> int:
    """Licences."""
    rows = select(func.coalesce(func.sum(InvoiceLine.quantity), 0)).join(Invoice, Invoice.id == InvoiceLine.invoice_id)
    return int(db.session.scalar(rows.where(InvoiceLine.credits_line_id == line.id, Invoice.issued_at <= until)))


def _release(order_id: int, amount: int) -> None:
    order = lock(Order, order_id)
    part = max(min(amount, order.reserved), 0)
    payer = update(Account).where(Account.id == order.billed_account_id)
    db.session.execute(payer.values(reserved=Account.reserved - part))
    order.reserved -= part


def missing(payer: Account, amount: int) -> int:
    """By how much this amount exceeds what is left of the limit, in minor units; 0 if it fits."""
    if payer.credit_limit is None:
        return 0
    return max(payer.reserved + amount - payer.credit_limit, 0)


def release_paid(account: Account, amount: int, *, version: int, reason: str, by: Actor) -> None:
    """What the account has paid, in minor units of its currency, is free again: of its oldest orders first. Raises
    StaleVersion, NotAllowed; InvalidInput for `amount` or `reason`."""
    _check_staff(by)
    reason = field_rules.long_text(reason, "reason", LONGEST_REASON)
    if not reason:
        raise InvalidInput("reason", _("Say what was paid, such as the number of the invoice."))
    with transaction():
        row = _locked(account, version)
        if not 1 <= amount <= row.reserved:
            most = money.major_units(row.reserved, row.currency)
            raise InvalidInput("amount", _("Enter an amount up to what is reserved, %(most)s.", most=most))
        left = amount
        rows = select(Order).where(Order.billed_account_id == row.id, Order.reserved > 0).with_for_update()
        for order in db.session.scalars(rows.order_by(Order.placed_at, Order.id)):
            part = min(left, order.reserved)
            order.reserved, left = order.reserved - part, left - part
            if not left:
                break
        audit.changes("account", row, {"reserved": row.reserved - amount}, act="paid", by=by, why=reason)
        row.version += 1


def set_execution(account: Account, *, executes_orders: bool, version: int, by: Actor) -> None:
    """Whether orders that the account pays are executed as soon as they are submitted. Raises StaleVersion,
    NotAllowed."""
    _check_staff(by)
    with transaction():
        row = _locked(account, version)
        if audit.changes("account", row, {"executes_orders": executes_orders}, act="edited", by=by):
            row.version += 1


def _check_staff(by: Actor) -> None:
    if isinstance(by, User) and not (by.is_staff and by.may(Right.EDIT_ACCOUNTS)):
        raise NotAllowed()


def _locked(account: Account, version: int) -> Account:
    row = lock(Account, account.id)
    if row.version != version:
        raise StaleVersion(_("Somebody else changed this account in the meantime. Nothing was saved."))
    return row
