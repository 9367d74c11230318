"""The start pages of the Storefront: numbers of licences, and what needs attention."""

from flask import render_template
from flask_login import current_user

from portal.display.inbox_counters import capped
from portal.models import AccountKind, Right, SyncStatus
from portal.services import lists
from portal.services.lists.list_filters import Filters
from portal.services.ordering import approvals
from portal.storefront.area import area
from portal.storefront.summary import tiles
from portal.web.security.guards import requires


@area.get("/")
@requires(Right.SEE_ASSETS)
def index():
    return _landing("storefront/index.html")


@area.get("/billing")
@requires(Right.SEE_ASSETS)
def billing():
    return _landing("storefront/billing.html")


def _landing(template: str) -> str:
    counts = lists.count(current_user, Filters())
    ready = counts.by_status[SyncStatus.SYNCHRONIZED]
    numbers = {"total": capped(counts.total), "ready": capped(ready)}
    return render_template(template, counts=counts, tiles=tiles(counts), approvals_waiting=_waiting(), **numbers)


def _waiting() -> int:
    """Orders of the partner's customers that wait for its approval."""
    is_asked = current_user.account.kind is AccountKind.PARTNER and current_user.may(Right.ORDER)
    return approvals.count_waiting(current_user) if is_asked else 0
