"""What waits for a partner's approval, and deciding several orders at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from sqlalchemy import Select, func, select

from portal.core import access, clock, loaded_orders
from portal.core.errors import Conflict, NotVisible, StaleVersion
from portal.extensions import db
from portal.models import Order, OrderState, User
from portal.services.ordering import decisions
from portal.services.ordering.approvals import given_approvals
from portal.services.ordering.approvals.given_approvals import Approval

MOST = 50
"""On one page, and in one press."""
LATELY = timedelta(days=90)
_DECIDED = 8
_DECIDED_STATES = (OrderState.SUBMITTED, OrderState.EXECUTED, *given_approvals.ENDED)
_LOOKED_AT = 40


class Act(Enum):
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True)
class Outcome:
    order: Order
    refusal: str = ""
    """Why it was not decided; empty if it was."""


def waiting(user: User) -> list[Order]:
    """Oldest first, as access.submitted_order loads each; one more than MOST if there are more. Two statements."""
    rows = _waiting(user).options(*loaded_orders.LISTED).order_by(Order.placed_at, Order.id)
    return list(db.session.scalars(rows.limit(MOST + 1)))


def count_waiting(user: User) -> int:
    """One statement."""
    return db.session.scalar(select(func.count()).select_from(_waiting(user).with_only_columns(Order.id).subquery()))


def decided_lately(user: User) -> list[tuple[Order, Approval | None]]:
    """Of the newest orders of the partner's customers, those that were decided, by a person or by the setting, with
    their approval; the latest decision first. Two statements."""
    rows = _of_customers(user).where(Order.state.in_(_DECIDED_STATES), Order.placed_at > clock.now() - LATELY)
    newest = rows.options(*loaded_orders.HEAD).order_by(Order.placed_at.desc(), Order.id.desc()).limit(_LOOKED_AT)
    orders = list(db.session.scalars(newest))
    approved = given_approvals.of(orders)
    found = [(order, approved.get(order.id)) for order in orders if order.decided_at or order.id in approved]
    return sorted(found, key=lambda each: each[0].decided_at or each[1].at, reverse=True)[:_DECIDED]


def decide(versions: Mapping[int, int], act: Act, *, by: User, reason: str = "") -> list[Outcome]:
    """`versions`: by the id of each order, the one that the person saw. Each is decided in a transaction of its own, in
    the order of their ids. What has changed is left as it is; what the person does not see is left out. Raises
    NotAllowed, and InvalidInput for `reason`; then nothing was decided."""
    outcomes = []
    for order_id, version in sorted(versions.items())[:MOST]:
        try:
            order = access.submitted_order(by, order_id)
        except NotVisible:
            continue
        outcomes.append(_decide(order, act, by, reason, version))
    return outcomes


def _decide(order: Order, act: Act, by: User, reason: str, version: int) -> Outcome:
    carry_out = {Act.APPROVE: decisions.approve, Act.REJECT: decisions.reject}[act]
    try:
        return Outcome(carry_out(order, by=by, reason=reason, version=version))
    except (Conflict, NotVisible, StaleVersion) as refusal:
        return Outcome(order, refusal.message)


def _waiting(user: User) -> Select[tuple[Order]]:
    return _of_customers(user).where(Order.state == OrderState.AWAITING_APPROVAL)


def _of_customers(user: User) -> Select[tuple[Order]]:
    own = user.account_id
    return access.visible_orders(user).where(Order.billed_account_id == own, Order.account_id != own)
