"""Orders that are invoiced at once: their draft is made as soon as each line is delivered, or has failed."""

from datetime import datetime, timedelta

from portal.core import audit, clock
from portal.services.invoicing import drafts
from portal.services.ordering import delivery

PAUSE = timedelta(minutes=2)


def step(order_id: int) -> datetime | None:
    """A step of the worker. Lines that are delivered later are left to the next run."""
    if not delivery.deliveries([order_id])[order_id].is_settled:
        return clock.now() + PAUSE
    drafts.make_of_order(order_id, by=audit.WORKER)
    return None
