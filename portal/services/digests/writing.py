"""Writes the digest, each morning, if anything waits for a person. A day that was missed is not made up for."""

from datetime import date, datetime, timedelta

from portal.core import clock
from portal.core.transaction import transaction
from portal.extensions import settings
from portal.models import User
from portal.services import inbox
from portal.services.coupons import surplus
from portal.services.digests import choices
from portal.services.inbox import failure_groups
from portal.services.lists import CAP
from portal.services.mail import events, outbox
from portal.services.mail.outbox import About
from portal.services.reminders.writing import AT, begins_at

FIRST_AFTER = timedelta(minutes=4)
MOST_ALERTS = 20
__all__ = ["AT", "FIRST_AFTER", "step"]


def step() -> datetime:
    """The worker's part. Returns when it is due again."""
    now = clock.now()
    today = clock.day_of(now)
    if now < begins_at(today):
        return begins_at(today)
    _write(today, now)
    return begins_at(today + timedelta(days=1))


def _write(today: date, now: datetime) -> None:
    account = choices.distributor()
    people = choices.staff(account) if account else []
    counts = _counts(people[0]) if people else {}
    if not any(counts.values()):
        return
    values = {name: _capped(count, MOST_ALERTS if name == "alerts" else CAP) for name, count in counts.items()}
    about = About(f"digest {today}", account.id)
    with transaction():
        for to in choices.recipients(account, people):
            outbox.write(events.DIGEST, about, to, values | {"day": today, "portal": _portal()}, now)


def _counts(viewer: User) -> dict[str, int]:
    """All of the staff see the same."""
    queue = inbox.counts(viewer, failure_groups.groups(viewer).sum)
    return {
        "failed": queue.failed.count,
        "review": queue.review.count,
        "asked": queue.asked.count,
        "orders": sum(each.count for each in queue.orders.values()),
        "expiring": queue.expiring.count,
        "surplus": surplus.count_open(),
        "alerts": len(inbox.alerts()),
    }


def _capped(count: int, most: int) -> str:
    return f"{most}+" if count > most or count == most == MOST_ALERTS else str(count)


def _portal() -> str:
    return settings().mail.portal_url
