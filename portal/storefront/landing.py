"""The start pages of the Storefront: numbers of licences, and what needs attention."""

from flask import render_template
from flask_login import current_user

from portal.display.inbox_counters import capped
from portal.models import Right, SyncStatus
from portal.services import lists
from portal.services.lists.list_filters import Filters
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
    return render_template(template, counts=counts, tiles=tiles(counts), **numbers)
