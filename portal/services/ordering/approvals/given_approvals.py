"""Who approved an order, also if it was rejected or cancelled afterwards: the order itself holds its last decision."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.models import AuditEntry, Order, OrderState

ENDED = (OrderState.REJECTED, OrderState.CANCELLED)
_PASSED = (OrderState.SUBMITTED, OrderState.EXECUTED)


@dataclass(frozen=True)
class Approval:
    at: datetime
    by_id: int | None = None
    """None: nobody, as the partner's setting let it pass."""
    by: str = ""
    """The name of that person, who belongs to the partner that pays."""


def of(orders: Collection[Order]) -> dict[int, Approval]:
    """By the id of the order; without those that were not approved. They come with `placed_by` and `decided_by`. One
    statement if some of them have ended, else none."""
    ended = [order.id for order in orders if order.state in ENDED]
    entries = _entries(ended) if ended else {}
    found = {order.id: _approval(order, entries.get(order.id, {})) for order in orders}
    return {order_id: approval for order_id, approval in found.items() if approval is not None}


def _approval(order: Order, entries: dict[str, AuditEntry]) -> Approval | None:
    if (entry := entries.get("approved")) is not None:
        return Approval(entry.at, entry.actor_id, entry.actor)
    if order.state in _PASSED and order.decided_by is not None:
        return Approval(order.decided_at, order.decided_by_id, order.decided_by.name)
    has_passed = order.state in _PASSED or "held" in entries
    return Approval(order.placed_at) if has_passed and _needs_approval(order) else None


def _needs_approval(order: Order) -> bool:
    """Somebody of a partner's customer has placed it, not the partner or the distributor in its name."""
    by, payer_id = order.placed_by, order.billed_account_id
    return by is not None and not by.is_staff and payer_id not in (order.account_id, by.account_id)


def _entries(order_ids: list[int]) -> dict[int, dict[str, AuditEntry]]:
    """The latest of each act that shows that the order had passed."""
    rows = select(AuditEntry).where(
        AuditEntry.subject == "order",
        AuditEntry.subject_id.in_(order_ids),
        AuditEntry.act.in_(("approved", "held")),
    )
    found: dict[int, dict[str, AuditEntry]] = {}
    for entry in db.session.scalars(rows.order_by(AuditEntry.id)):
        found.setdefault(entry.subject_id, {})[entry.act] = entry
    return found
