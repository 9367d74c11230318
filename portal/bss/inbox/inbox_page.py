"""The content of the work queue and of the page of one cause."""

from datetime import UTC, datetime

from portal.bss.inbox.link_form import LinkForm
from portal.core.errors import NotVisible
from portal.core.i18n import gettext as _
from portal.display.inbox_counters import counters
from portal.display.lists.list_address import is_cause
from portal.display.wording.cause_wording import DAYS_MEND, ORDER_AGAIN
from portal.models import SyncStatus, User
from portal.providers.causes import Cause
from portal.services import inbox
from portal.services.coupons import surplus
from portal.services.inbox import failure_groups
from portal.services.inbox.failure_groups import FailureGroup, Payer
from portal.services.lists import CAP
from portal.services.monitoring import health
from portal.web.filters import number
from portal.web.urls import url_for

SHOWN_PAYERS = 200
LINKED = (Cause.ACCOUNT_NOT_LINKED,)
FIRST_LOOK = 15
"""Seconds until the first poll. Long, because the page runs many counts, and its content waits for a person anyway."""


def queue_page(viewer: User) -> dict:
    """Runs at most eight SQL statements, however many assets wait."""
    groups = failure_groups.groups(viewer)
    numbers = inbox.counts(viewer, groups.sum)
    news = [
        (_("Needs review"), "review", inbox.newest(viewer, SyncStatus.REVIEW) if numbers.review.count else []),
        (_("Failed, newest first"), "failed", inbox.newest(viewer, SyncStatus.FAILED) if groups.rows else []),
    ]
    return {
        "queue": numbers,
        "late": health.late(datetime.now(UTC)),
        "tiles": counters(numbers),
        "causes": groups,
        "groups": news,
        "alerts": inbox.alerts(),
        "to_decide": surplus.count_open(),
        "first_look": FIRST_LOOK,
        "group_url": group_url,
        "list_url": list_url,
        "counted": counted,
        "share": lambda group: round(100 * group.sum.count / max(1, groups.sum.count), 1),
        "needs_more": lambda group: group.cause in (*LINKED, *DAYS_MEND, *ORDER_AGAIN),
    }


def group_url(group: FailureGroup) -> str:
    return url_for("bss.group", cause=group.cause)


def list_url(cause: str, payer: Payer | None = None) -> str:
    """Returns the address of the list of failed assets with this cause, and this payer if given."""
    billed_to = {"billed": payer.id} if payer else {}
    return url_for("bss.assets.index", status="failed", lifecycle="active", cause=cause, **billed_to)


def counted(count: int, *, is_capped: bool = False) -> str:
    return f"{number(min(count, CAP))}+" if is_capped else number(count)


class GroupPage:
    """The assets that failed for one cause, grouped by the billed account."""

    def __init__(self, viewer: User, cause: str, refused: tuple[int, LinkForm] | None = None):
        """Raises NotVisible if `cause` cannot be one. A cause without failed assets still has a page."""
        if not is_cause(cause):
            raise NotVisible()
        groups = failure_groups.groups(viewer, cause)
        self.cause = cause
        self.group = groups.rows[0] if groups.rows else FailureGroup(cause)
        self.is_capped = groups.is_capped
        self.payers = self.group.payers[:SHOWN_PAYERS]
        self.more = len(self.group.payers) - len(self.payers)
        self.is_about_links = cause in LINKED
        self.is_about_days = cause in DAYS_MEND
        self.needs_order = cause in ORDER_AGAIN
        self._refused = refused

    def form(self, payer: Payer) -> LinkForm:
        """Returns the form of this payer; if it was just refused, with the user's input."""
        if self._refused and self._refused[0] == payer.id:
            form = self._refused[1]
            form.version.data = str(payer.version)
        else:
            form = LinkForm(formdata=None, data={"version": str(payer.version), "bittitan_email": payer.email})
        form.bittitan_email.id, form.version.id = f"email-{payer.id}", f"version-{payer.id}"
        return form
