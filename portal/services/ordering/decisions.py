"""Approve, reject and cancel: each by compare-and-set on the order's state, so that of two at once one succeeds."""

from portal.core import audit, clock, field_rules
from portal.core.errors import Conflict, InvalidInput, NotAllowed, StaleVersion
from portal.core.i18n import gettext as _
from portal.core.transaction import transaction
from portal.models import Order, OrderState, User
from portal.services import credit
from portal.services.mail.telling import orders as mail_orders
from portal.services.ordering import execution, order_locks, order_rights

LONGEST_REASON = 500


def approve(order: Order, *, by: User, reason: str = "", version: int | None = None) -> Order:
    """By the partner that pays. Raises NotAllowed, Conflict if it does not wait for an approval any more, StaleVersion
    if it is not the version that the person saw."""
    reason = field_rules.long_text(reason, "reason", LONGEST_REASON)
    with transaction("reserve"):
        row = order_locks.lock_order(order.id, by)
        _check(row, OrderState.AWAITING_APPROVAL, allowed=order_rights.may_approve(row, by))
        check_version(row, version)
        _decide(row, OrderState.SUBMITTED, "approved", by, reason)
        mail_orders.decided(row, is_approved=True, by=by, now=row.decided_at)
        execution.take_in(row, by=by)
    return row


def reject(order: Order, *, by: User, reason: str, version: int | None = None) -> Order:
    """By the partner before it approves, or by staff before they execute. Raises NotAllowed, Conflict, InvalidInput
    without a reason, StaleVersion if it is not the version that the person saw."""
    reason = field_rules.long_text(reason, "reason", LONGEST_REASON)
    if not reason:
        raise InvalidInput("reason", _("Say why; the buyer reads it."))
    with transaction():
        row = order_locks.lock_order(order.id, by)
        _check(row, OrderState.AWAITING_APPROVAL, OrderState.SUBMITTED, allowed=order_rights.may_reject(row, by))
        check_version(row, version)
        _decide(row, OrderState.REJECTED, "rejected", by, reason)
        mail_orders.decided(row, is_approved=False, by=by, now=row.decided_at)
    return row


def cancel(order: Order, *, by: User, reason: str = "", version: int | None = None) -> Order:
    """By the buyer or by staff, before it is executed. Raises NotAllowed, Conflict, and StaleVersion as `reject`."""
    reason = field_rules.long_text(reason, "reason", LONGEST_REASON)
    with transaction():
        row = order_locks.lock_order(order.id, by)
        _check(row, OrderState.AWAITING_APPROVAL, OrderState.SUBMITTED, allowed=order_rights.may_cancel(row, by))
        check_version(row, version)
        _decide(row, OrderState.CANCELLED, "cancelled", by, reason)
    return row


def _check(order: Order, *states: OrderState, allowed: bool) -> None:
    if order.state not in states:
        raise Conflict(order_rights.too_late(order))
    if not allowed:
        raise NotAllowed()


def check_version(order: Order, version: int | None) -> None:
    """Raises StaleVersion unless it is the version that the person saw; None: of who saw none."""
    if version is not None and order.version != version:
        raise StaleVersion(
            _("%(number)s was changed in the meantime. Look at it, then press again.", number=order.number)
        )


def _decide(order: Order, state: OrderState, act: str, by: User, reason: str) -> None:
    """Credit is released only here: what is neither waiting nor executed reserves nothing."""
    order.state, order.hold = state, None
    order.decided_by_id, order.decided_at, order.reason = by.id, clock.now(), reason
    order.version += 1
    if state is not OrderState.SUBMITTED:
        credit.release(order)
    audit.record("order", order.id, act, by=by, why=reason or None)
