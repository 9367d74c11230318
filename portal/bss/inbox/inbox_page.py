"""The content of the work queue."""

from datetime import UTC, datetime

from portal.bss.inbox.cause_page import Mending, mending
from portal.core.i18n import gettext as _
from portal.display.inbox_counters import counters
from portal.display.orders.order_states import HOLDS
from portal.models import Hold, OrderState, Right, SyncStatus, User
from portal.services import inbox
from portal.services.asset_requests import request_list
from portal.services.bulk_retries.under_way import under_way
from portal.services.coupons import surplus
from portal.services.inbox import failure_groups
from portal.services.inbox.failure_groups import FailureGroup
from portal.services.invoicing.checks import counts as billing_exceptions
from portal.services.lists import CAP
from portal.services.monitoring import health
from portal.web.filters import number
from portal.web.urls import url_for

FIRST_LOOK = 15
"""Seconds until the first poll. Long, because the page runs many counts, and its content waits for a person anyway."""


def queue_page(viewer: User) -> dict:
    """Runs at most twelve SQL statements, however many assets wait."""
    groups, sees_tools = failure_groups.groups(viewer), viewer.may(Right.SEE_TOOLS)
    numbers = inbox.counts(viewer, groups.sum)
    news = [
        (_("Needs review"), "review", inbox.newest(viewer, SyncStatus.REVIEW) if numbers.review.count else []),
        (_("Failed, newest first"), "failed", inbox.newest(viewer, SyncStatus.FAILED) if groups.rows else []),
    ]
    return {
        "queue": numbers,
        "requests": request_list.oldest(viewer) if numbers.asked.count else [],
        "late": health.late(datetime.now(UTC)),
        "tiles": counters(numbers),
        "causes": groups,
        "retries": under_way() if groups.rows and sees_tools else [],
        "groups": news,
        "alerts": inbox.alerts() if sees_tools else [],
        "to_decide": surplus.count_open() if sees_tools else 0,
        "billing": billing_exceptions.counts() if viewer.may(Right.INVOICE) else None,
        "first_look": FIRST_LOOK,
        "orders": [(HOLDS[hold], each, _orders_url(hold)) for hold, each in numbers.orders.items() if each.count],
        "group_url": group_url,
        "list_url": list_url,
        "counted": counted,
        "needs_more": lambda group: mending(group.cause) is not Mending.RETRY,
    }


def group_url(group: FailureGroup) -> str:
    return url_for("bss.group", cause=group.cause)


def list_url(cause: str) -> str:
    """Returns the address of the list of failed assets with this cause."""
    return url_for("bss.assets.index", status="failed", lifecycle="active", cause=cause)


def _orders_url(hold: Hold) -> str:
    return url_for("bss.orders.index", state=OrderState.SUBMITTED.value, hold=hold.value)


def counted(count: int, *, is_capped: bool = False) -> str:
    return f"{number(min(count, CAP))}+" if is_capped else number(count)
